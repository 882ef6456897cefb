import type { Section } from './frame.ts';
import { chart, table } from './panel.ts';
import { orZero, quantile, rate } from './promql.ts';

const SERVICE = 'service=~"$service"';

export const orderApi: Section = {
  title: ['订单接口', 'Order API'],
  panels: [
    chart(
      {
        title: ['请求（按路由与状态）', 'Requests by route and status'],
        about: ['商城对 checkout 的调用。', "The shop's calls to checkout."],
        unit: 'ops',
        alerts: ['PayguardCheckoutAbsent'],
      },
      { expr: orZero(rate('payguard_checkout_requests_total', 'route', 'status')), legend: '{{status}} {{route}}' },
    ),
    chart(
      {
        title: ['耗时 p99（按路由）', 'Latency p99 by route'],
        about: ['含对微信支付的调用。', 'Calls to WeChat Pay included.'],
        unit: 's',
      },
      { expr: orZero(quantile(0.99, 'payguard_checkout_request_duration_seconds', 'route')), legend: '{{route}}' },
    ),
    chart(
      {
        title: ['等待中的付款页', 'Payers waiting'],
        about: ['正在等订单变化的请求。', 'Requests that wait for an order to change.'],
        unit: 'short',
      },
      { expr: 'sum(payguard_checkout_waiters)', legend: '等待 · waiting' },
    ),
  ],
};

export const processes: Section = {
  title: ['进程', 'Processes'],
  panels: [
    chart(
      {
        title: ['数据库连接', 'Database connections'],
        about: ['使用中与空闲的连接。', 'Connections in use and idle.'],
        unit: 'short',
      },
      {
        expr: `sum by (service, state) (payguard_database_pool_connections{${SERVICE}}) or vector(0)`,
        legend: '{{service}} {{state}}',
      },
    ),
    chart(
      {
        title: ['等待连接', 'Waiting for a connection'],
        about: [
          '持续大于 0：连接池太小或数据库太慢。',
          'Above 0 for long: the pool is too small or the database too slow.',
        ],
        unit: 'short',
        levels: { warnAbove: 1, badAbove: 50 },
        alerts: ['PayguardDatabasePoolExhausted'],
      },
      { expr: `sum by (service) (payguard_database_pool_waiting{${SERVICE}}) or vector(0)`, legend: '{{service}}' },
    ),
    chart(
      {
        title: ['事件循环延迟 p99', 'Event loop lag p99'],
        about: ['进程忙不过来时上升。', 'Rises when a process has too much to do.'],
        unit: 's',
        levels: { warnAbove: 0.1, badAbove: 0.5 },
        alerts: ['PayguardEventLoopLag'],
      },
      { expr: `max by (service) (nodejs_eventloop_lag_p99_seconds{${SERVICE}})`, legend: '{{service}}' },
    ),
    chart(
      {
        title: ['处理器', 'CPU'],
        about: ['每个服务占用的核数。', 'Cores in use by service.'],
        unit: 'short',
      },
      {
        expr: `sum by (service) (rate(process_cpu_seconds_total{${SERVICE}}[$__rate_interval]))`,
        legend: '{{service}}',
      },
    ),
    chart(
      {
        title: ['内存', 'Memory'],
        about: ['每个服务最大的进程。', 'The largest process of each service.'],
        unit: 'bytes',
      },
      { expr: `max by (service) (process_resident_memory_bytes{${SERVICE}})`, legend: '{{service}}' },
    ),
    table(
      {
        title: ['版本', 'Releases'],
        about: ['正在运行的版本；滚动升级期间会有两个。', 'What runs; two of them during a rolling upgrade.'],
        unit: 'none',
        hidden: [],
      },
      `count by (service, version, commit) (payguard_build_info{${SERVICE}})`,
    ),
  ],
};
