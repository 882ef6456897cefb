import type { Section } from './frame.ts';
import { chart } from './panel.ts';
import { orZero, quantile, rate, state } from './promql.ts';

export const kafka: Section = {
  title: ['Kafka 与入账', 'Kafka and credits'],
  panels: [
    chart(
      {
        title: ['消费积压（按主题）', 'Consumer lag by topic'],
        about: ['发布与处理之间的差。', 'Between published and handled.'],
        unit: 'short',
        levels: { warnAbove: 1_000, badAbove: 10_000 },
        alerts: ['PayguardConsumerLag'],
      },
      { expr: state('payguard_consumer_lag_records'), legend: '{{group}} {{topic}}' },
    ),
    chart(
      {
        title: ['每轮耗时', 'Duration of a round'],
        about: ['一轮事件：含事务与重试。', 'One round of events, transaction and retries included.'],
        unit: 's',
      },
      { expr: quantile(0.5, 'payguard_round_duration_seconds'), legend: 'p50' },
      { expr: quantile(0.99, 'payguard_round_duration_seconds'), legend: 'p99' },
    ),
    chart(
      {
        title: ['每秒轮数与发布失败', 'Rounds and failed announcements'],
        about: [
          '处理的轮数；写 Kafka 失败后会重试。',
          'Rounds per second; sends to Kafka that failed and were tried again.',
        ],
        unit: 'ops',
      },
      { expr: rate('payguard_round_duration_seconds_count'), legend: '轮 · rounds' },
      { expr: rate('payguard_announcement_failures_total'), legend: '发布失败 · failed sends' },
    ),
    chart(
      {
        title: ['死信（按主题）', 'Dead letters by topic'],
        about: [
          'payguard dlq list 列出，replay 或 discard 处理。',
          'payguard dlq list shows them; replay or discard them.',
        ],
        unit: 'short',
        levels: { badAbove: 1 },
        alerts: ['PayguardDeadLetters'],
      },
      { expr: state('payguard_dead_letters_unhandled'), legend: '{{topic}}' },
    ),
    chart(
      {
        title: ['暂存的事件', 'Parked events'],
        about: ['等到能应用为止，例如订单尚未建立。', 'Wait until they can apply, for example until the order exists.'],
        unit: 'short',
        isWhole: true,
      },
      { expr: orZero(state('payguard_parked_events')), legend: '{{reason}}' },
    ),
    chart(
      {
        title: ['暂停的分区（按服务）', 'Paused partitions by service'],
        about: [
          '读到更新版本的事件时暂停，升级后继续。',
          'Paused at an event of a newer version; go on after the upgrade.',
        ],
        unit: 'short',
        levels: { badAbove: 1 },
        alerts: ['PayguardPartitionPaused'],
      },
      { expr: 'sum by (service) (payguard_partitions_paused)', legend: '{{service}}' },
    ),
  ],
};
