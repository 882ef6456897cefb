import type { Section } from './frame.ts';
import { chart } from './panel.ts';
import { quantile, rate } from './promql.ts';

export const callbacks: Section = {
  title: ['回调网关', 'Callback gateway'],
  panels: [
    chart(
      {
        title: ['回调（按结果）', 'Callbacks by outcome'],
        about: ['published 为已接收；其余为拒绝或失败的原因。', 'published: taken in; the others say why not.'],
        unit: 'ops',
        isWhole: true,
        alerts: ['PayguardCallbackErrorBudgetFast', 'PayguardGatewayAbsent'],
      },
      { expr: rate('payguard_callbacks_total', 'outcome'), legend: '{{outcome}}' },
    ),
    chart(
      {
        title: ['回调耗时', 'Callback latency'],
        about: ['从首字节到应答；微信支付只等 5 秒。', 'First byte to answer; WeChat Pay waits 5 s at most.'],
        unit: 's',
        levels: { warnAbove: 1, badAbove: 2.5 },
        alerts: ['PayguardCallbackErrorBudgetFast'],
      },
      { expr: quantile(0.5, 'payguard_callback_duration_seconds'), legend: 'p50' },
      { expr: quantile(0.99, 'payguard_callback_duration_seconds'), legend: 'p99' },
    ),
    chart(
      {
        title: ['在途与发布队列', 'In flight and publish queue'],
        about: [
          '正在处理的回调，与等待写入 Kafka 的事件。',
          'Callbacks being worked on, and events that wait for Kafka.',
        ],
        unit: 'short',
      },
      { expr: 'sum(payguard_callbacks_in_flight)', legend: '在途 · in flight' },
      { expr: 'sum(payguard_publish_queue_records)', legend: '队列 · queue' },
      { expr: rate('payguard_callback_log_dropped_total'), legend: '日志丢弃/秒 · log entries dropped/s' },
    ),
  ],
};
