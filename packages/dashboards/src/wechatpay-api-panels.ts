import type { Section } from './frame.ts';
import { chart } from './panel.ts';
import { ageOf, orZero, state } from './promql.ts';

const REQUESTS = 'payguard_wechatpay_requests_total';
/** The others say something about an order, not about WeChat Pay's health; the alert rules count the same. */
const UNEXPECTED =
  ',outcome!~"ok|not_found|already_paid|already_closed|accepted|not_ready|not_enough|signature_test|rate_limited|no_budget"';
/** Never sent: our own budget was used up. */
const SENT = ',outcome!="no_budget"';
const RATE_LIMITED = ',outcome="rate_limited"';

export const jobs: Section = {
  title: ['定时任务', 'Jobs'],
  panels: [
    chart(
      {
        title: ['距上次成功', 'Since the last success'],
        about: ['poll 应在 5 分钟内，probe 应在 30 分钟内。', 'poll: below 5 minutes; probe: below 30 minutes.'],
        unit: 's',
        levels: { warnAbove: 300, badAbove: 1_800 },
        alerts: ['PayguardJobStale', 'PayguardJobsAbsent'],
      },
      { expr: ageOf('payguard_job_last_success_timestamp_seconds'), legend: '{{task}}' },
    ),
    chart(
      {
        title: ['距上次启动', 'Since the last start'],
        about: ['有启动而无成功：任务在失败。', 'Started and not succeeded: the job fails.'],
        unit: 's',
        alerts: ['PayguardJobStale'],
      },
      { expr: ageOf('payguard_job_last_start_timestamp_seconds'), legend: '{{task}}' },
    ),
    chart(
      {
        title: ['任务所做的事', 'What the jobs did'],
        about: [
          '每分钟：claimed 领取，asked 查询，credited 等。',
          'Per minute: orders claimed, asked about, and what was found.',
        ],
        unit: 'cpm',
      },
      {
        expr: '60 * max without (pod, instance) (rate(payguard_job_counts_total[$__rate_interval]))',
        legend: '{{task}} {{count}}',
      },
    ),
  ],
};

export const wechatpayApi: Section = {
  title: ['微信支付接口', 'WeChat Pay API'],
  panels: [
    chart(
      {
        title: ['请求（按操作与结果）', 'Requests by operation and outcome'],
        about: ['任务与 checkout 对微信支付的调用。', 'Calls of the jobs and of checkout.'],
        unit: 'cpm',
        isWhole: true,
        alerts: ['PayguardWechatpayErrors'],
      },
      { expr: `60 * ${requestRate(REQUESTS, '', 'operation', 'outcome')}`, legend: '{{operation}} {{outcome}}' },
    ),
    chart(
      {
        title: ['错误比例', 'Share of errors'],
        about: ['既非成功也非正常业务答复的比例。', 'Answers that are neither success nor an expected answer.'],
        unit: 'percentunit',
        levels: { warnAbove: 0.1, badAbove: 0.2 },
        alerts: ['PayguardWechatpayErrors'],
      },
      {
        expr: orZero(`(${requestRate(REQUESTS, UNEXPECTED)}) / (${requestRate(REQUESTS, SENT)} > 0)`),
        legend: '错误 · errors',
      },
    ),
    chart(
      {
        title: ['限流', 'Rate limited'],
        about: ['微信支付要求放慢的答复。', 'Answers by which WeChat Pay asks for fewer requests.'],
        unit: 'cpm',
        levels: { warnAbove: 1, badAbove: 10 },
        alerts: ['PayguardWechatpayRateLimited'],
      },
      { expr: orZero(`60 * ${requestRate(REQUESTS, RATE_LIMITED, 'operation')}`), legend: '{{operation}}' },
    ),
    chart(
      {
        title: ['耗时 p50（按操作）', 'Latency p50 by operation'],
        about: ['从发出到读完应答。', 'From sending to the end of the answer.'],
        unit: 's',
      },
      { expr: latency(0.5), legend: '{{operation}}' },
    ),
    chart(
      {
        title: ['耗时 p99（按操作）', 'Latency p99 by operation'],
        about: ['从发出到读完应答。', 'From sending to the end of the answer.'],
        unit: 's',
        levels: { warnAbove: 1, badAbove: 5 },
        alerts: ['PayguardWechatpayErrors'],
      },
      { expr: latency(0.99), legend: '{{operation}}' },
    ),
    chart(
      {
        title: ['查询速度与逾期', 'Use of the request budget'],
        about: [
          '每分钟的请求数（按任务）与查询的逾期秒数：请求到顶而逾期增长，说明预算不够。',
          'Requests a minute by task, and how long checks are overdue: when the first is flat and the second grows, the budget is too small.',
        ],
        unit: 'short',
        alerts: ['PayguardOrdersOverdue'],
      },
      { expr: `60 * ${requestRate(REQUESTS, '', 'task')}`, legend: '{{task}} /min' },
      {
        // No order is under way: nothing is overdue.
        expr: orZero(state('payguard_order_checks_overdue_seconds')),
        legend: '逾期秒 · seconds overdue {{mchid}} {{lane}}',
      },
    ),
  ],
};

function latency(q: number): string {
  return `histogram_quantile(${q}, ${requestRate('payguard_wechatpay_request_duration_seconds_bucket', '', 'le', 'operation')})`;
}

/**
 * Per second. What the jobs add up stands in the database, and every pod of points exports the same: the highest counts.
 * checkout counts its own calls, each pod for itself: their sum counts.
 */
function requestRate(metric: string, matcher: string, ...by: readonly string[]): string {
  const labels = by.length === 0 ? '' : ` by (${by.join(', ')})`;
  const ratesOf = (task: string) => `(rate(${metric}{task=~"$task",${task}${matcher}}[$__rate_interval]))`;
  return `sum${labels} (max without (pod, instance) ${ratesOf('task!="checkout"')} or sum without (pod, instance) ${ratesOf('task="checkout"')})`;
}
