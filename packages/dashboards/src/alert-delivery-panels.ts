import type { Section } from './frame.ts';
import { chart, tile } from './panel.ts';
import { orZero, quantile, rate, state } from './promql.ts';

const CHANNEL = 'channel=~"$channel"';

export const alertDelivery: Section = {
  title: ['告警送达', 'Alert delivery'],
  panels: [
    tile(
      {
        title: ['失败的渠道', 'Channels failing'],
        about: ['最近一次发送未成功的渠道数。', 'Channels whose last attempt did not succeed.'],
        unit: 'short',
        levels: { badAbove: 1 },
        alerts: ['PayguardAlertDeliveryFailing'],
      },
      'sum(max by (channel) (payguard_alert_channel_failing))',
    ),
    tile(
      {
        title: ['待发送通知', 'Notices waiting'],
        about: ['尚未送达任何人的通知。', 'Notices that have reached nobody yet.'],
        unit: 'short',
        levels: { warnAbove: 20, badAbove: 500 },
        alerts: ['PayguardAlertsWaiting'],
      },
      orZero(`sum(${state('payguard_alert_notices_pending')})`),
    ),
    tile(
      {
        title: ['最久待发送', 'Oldest notice'],
        about: ['最早一条待发送通知的等待时间。', 'How long the oldest of them has waited.'],
        unit: 's',
        levels: { warnAbove: 120, badAbove: 900 },
        alerts: ['PayguardAlertsWaiting'],
      },
      orZero(`max(${state('payguard_alert_notices_pending_oldest_age_seconds')})`),
    ),
    tile(
      {
        title: ['待通知商城', 'Shop webhooks waiting'],
        about: ['尚未被商城确认的到账通知。', 'Credits that the shop has not acknowledged yet.'],
        unit: 'short',
        levels: { warnAbove: 100 },
        alerts: ['PayguardShopNotificationsFailing'],
      },
      state('payguard_shop_notifications_pending'),
    ),
    tile(
      {
        title: ['Watchdog 距今', 'Since the last Watchdog'],
        about: [
          'Prometheus 与 Alertmanager 的心跳；久不出现说明告警链路断了。',
          'Heartbeat of Prometheus and Alertmanager; silent for long: alerts do not arrive.',
        ],
        unit: 's',
        levels: { warnAbove: 300, badAbove: 900 },
        alerts: ['Watchdog', 'PayguardAlerterAbsent'],
      },
      'time() - max(payguard_watchdog_last_seen_timestamp_seconds)',
    ),
    tile(
      {
        title: ['放弃的通知', 'Notices given up'],
        about: ['24 小时内无处送达的通知。', 'Delivered nowhere within 24 hours.'],
        unit: 'short',
        levels: { badAbove: 1 },
        alerts: ['PayguardAlertDeliveryFailing'],
      },
      orZero('sum(increase(payguard_alert_notices_total{outcome="given_up"}[24h]))'),
    ),
    chart(
      {
        title: ['发送（按渠道与结果）', 'Deliveries by channel and outcome'],
        about: ['每分钟的消息数；一条消息可含多条通知。', 'Messages a minute; one may hold many notices.'],
        unit: 'cpm',
        isWhole: true,
        alerts: ['PayguardAlertDeliveryFailing'],
      },
      {
        expr: `60 * ${rate(`payguard_alert_deliveries_total{${CHANNEL}}`, 'channel', 'outcome')}`,
        legend: '{{channel}} {{outcome}}',
      },
    ),
    chart(
      {
        title: ['发送耗时 p99（按渠道）', 'Delivery time p99 by channel'],
        about: ['一次发送最长 15 秒。', 'An attempt takes 15 s at most.'],
        unit: 's',
        levels: { warnAbove: 5, badAbove: 10 },
      },
      {
        expr: orZero(quantile(0.99, `payguard_alert_delivery_duration_seconds{${CHANNEL}}`, 'channel')),
        legend: '{{channel}}',
      },
    ),
    chart(
      {
        title: ['发送错误（按错误码）', 'Delivery errors by code'],
        about: [
          '例如 45009、130101 限流，93000、310000 配置错误。',
          'For example 45009 and 130101: rate; 93000 and 310000: settings.',
        ],
        unit: 'cpm',
        alerts: ['PayguardAlertDeliveryFailing'],
      },
      {
        expr: orZero(`60 * ${rate(`payguard_alert_delivery_errors_total{${CHANNEL}}`, 'channel', 'code')}`),
        legend: '{{channel}} {{code}}',
      },
    ),
    chart(
      {
        title: ['待发送通知（按渠道）', 'Notices waiting by channel'],
        about: [
          '限流期间会积攒，随后合并成一条。',
          'They gather while a robot is at its limit, and share the next message.',
        ],
        unit: 'short',
        isWhole: true,
        alerts: ['PayguardAlertsWaiting'],
      },
      { expr: orZero(state(`payguard_alert_notices_pending{${CHANNEL}}`)), legend: '{{channel}}' },
    ),
    chart(
      {
        title: ['通知的去向', 'What became of notices'],
        about: [
          'sent 已送达，handed_over 转交备用渠道，given_up 放弃。',
          'Sent, handed over to the fallback channel, or given up.',
        ],
        unit: 'cpm',
        alerts: ['PayguardAlertDeliveryFailing'],
      },
      {
        expr: `60 * ${rate(`payguard_alert_notices_total{${CHANNEL}}`, 'channel', 'outcome')}`,
        legend: '{{channel}} {{outcome}}',
      },
    ),
    chart(
      {
        title: ['收到的告警与差异', 'Alerts and mismatches received'],
        about: ['Alertmanager 的请求，与差异事件的影响。', "Alertmanager's requests, and what mismatch events did."],
        unit: 'cpm',
        alerts: ['PayguardAlerterAbsent'],
      },
      { expr: `60 * ${rate('payguard_alertmanager_webhooks_total', 'outcome')}`, legend: 'Alertmanager {{outcome}}' },
      { expr: `60 * ${rate('payguard_mismatch_events_total', 'result')}`, legend: '差异 · mismatch {{result}}' },
    ),
    chart(
      {
        title: ['商城通知', 'Shop webhooks'],
        about: ['到账通知的发送结果。', 'What came of telling the shop of credits.'],
        unit: 'cpm',
        alerts: ['PayguardShopNotificationsFailing'],
      },
      { expr: `60 * ${rate('payguard_shop_notifications_total', 'outcome')}`, legend: '{{outcome}}' },
    ),
  ],
};
