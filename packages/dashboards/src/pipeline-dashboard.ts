import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { callbacks } from './callback-panels.ts';
import { buildDashboard, type Section } from './frame.ts';
import { kafka } from './kafka-panels.ts';
import { tile } from './panel.ts';
import { orderApi, processes } from './process-panels.ts';
import { rate, state } from './promql.ts';

/** Not from WeChat Pay, or its own test: of the others every one has to be taken in. The alert rules count the same. */
const JUNK =
  'missing_header|unsupported_signature_type|v2_xml|signature_test|stale_timestamp|unknown_serial|expired_key|bad_signature';
const CALLBACK_FAILURE_RATIO =
  `${rate(`payguard_callbacks_total{outcome!~"${JUNK}",outcome!="published"}`)} / ` +
  rate(`payguard_callbacks_total{outcome!~"${JUNK}"}`);

/** What an engineer on call asks: where between the callback and the ledger does it stick. */
export function pipelineDashboard(): Dashboard {
  return buildDashboard({
    uid: 'payguard-pipeline',
    title: ['payguard 链路', 'Pipeline'],
    about: [
      '回调 → Kafka → 入账的每一步，以及各进程的状态。',
      'Every step from callback over Kafka to credit, and the processes that do it.',
    ],
    variables: [{ name: 'service', label: ['服务', 'Service'], metric: 'payguard_build_info' }],
    sections: [atAGlance, callbacks, kafka, orderApi, processes],
  });
}

const atAGlance: Section = {
  title: ['一眼看清', 'At a glance'],
  panels: [
    tile(
      {
        title: ['回调失败比例', 'Callback failures'],
        about: [
          '来自已知证书的回调中未被接收的比例；扫描与探测流量不计。',
          'Share of genuine callbacks that were not taken in; scans and probes do not count.',
        ],
        unit: 'percentunit',
        levels: { warnAbove: 0.001, badAbove: 0.01 },
        nothing: ['没有回调', 'no callbacks'],
        alerts: ['PayguardCallbackErrorBudgetFast', 'PayguardCallbackErrorBudgetSlow'],
      },
      CALLBACK_FAILURE_RATIO,
    ),
    tile(
      {
        title: ['消费积压', 'Consumer lag'],
        about: ['已发布、尚未处理的记录。', 'Records published and not yet handled.'],
        unit: 'short',
        levels: { warnAbove: 1_000, badAbove: 10_000 },
        alerts: ['PayguardConsumerLag'],
      },
      `sum(${state('payguard_consumer_lag_records')})`,
    ),
    tile(
      {
        title: ['死信', 'Dead letters'],
        about: ['未处理的死信；每一条都可能是一笔支付。', 'Unhandled dead letters; each may be a payment.'],
        unit: 'short',
        levels: { badAbove: 1 },
        alerts: ['PayguardDeadLetters'],
      },
      `sum(${state('payguard_dead_letters_unhandled')})`,
    ),
    tile(
      {
        title: ['暂停的分区', 'Paused partitions'],
        about: ['等待新版本才能读懂的分区。', 'Partitions that wait for a newer release.'],
        unit: 'short',
        levels: { badAbove: 1 },
        alerts: ['PayguardPartitionPaused'],
      },
      'sum(payguard_partitions_paused)',
    ),
    tile(
      {
        title: ['数据库', 'Database'],
        about: ['0：至少一个进程连不上数据库。', '0: at least one process does not reach the database.'],
        unit: 'bool_yes_no',
        levels: { warnBelow: 1, badBelow: 1 },
        alerts: ['PayguardDatabaseDown'],
      },
      'min(payguard_database_up)',
    ),
    tile(
      {
        title: ['状态数据年龄', 'Age of the state gauges'],
        about: ['points 最近一次读取数据库状态距今的秒数。', 'Since points last read the state from the database.'],
        unit: 's',
        levels: { warnAbove: 60, badAbove: 180 },
        alerts: ['PayguardStateStale', 'PayguardStateAbsent'],
      },
      `time() - max(payguard_state_updated_timestamp_seconds)`,
    ),
  ],
};
