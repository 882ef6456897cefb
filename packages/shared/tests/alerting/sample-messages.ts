import type {
  AlertMessage,
  AlertView,
  MessageItem,
  MismatchView,
  News,
  Severity,
} from '../../src/alerting/alert-message.ts';

/** 2025-07-12 01:05:00 in Shanghai. */
export const AT = Date.parse('2025-07-12T01:05:00+08:00');

/** The incident: paid at WeChat Pay, NOTPAY in the shop. */
export function mismatch(change: Partial<MismatchView> = {}): MismatchView {
  return {
    id: '0123456789abcdef0123456789abcdef',
    kind: 'paid_not_recorded',
    state: 'open',
    mchid: '1900000109',
    out_trade_no: 'RECHARGE_ORDER17522530522711786',
    transaction_id: '4200002740202507127224774049',
    refund_id: null,
    system_status: 'pending',
    wechat_status: 'SUCCESS',
    system_amount: 9_900,
    wechat_amount: 9_900,
    detectedAt: Date.parse('2025-07-12T00:58:19+08:00'),
    stateAt: Date.parse('2025-07-12T00:58:19+08:00'),
    handledBy: null,
    handledReason: null,
    ...change,
  };
}

export function alert(change: Partial<AlertView> = {}): AlertView {
  return {
    name: 'PayguardCallbacksMissing',
    labels: { alertname: 'PayguardCallbacksMissing', severity: 'critical', cluster: 'prod' },
    annotations: {
      summary: '微信支付回调成功率低于 80%',
      summary_en: 'Fewer than 80 % of payments have their callback',
      runbook_url: 'https://example.com/runbooks/PayguardCallbacksMissing.md',
      dashboard_url: 'https://grafana.example.com/d/payguard-business?orgId=1&from=now-1h',
    },
    startsAt: Date.parse('2025-07-12T01:00:00+08:00'),
    endsAt: null,
    ...change,
  };
}

export function mismatchItem(
  view: MismatchView,
  { news = 'opened', severity = 'critical' }: { news?: News; severity?: Severity } = {},
): MessageItem {
  return { news, severity, about: 'mismatch', mismatch: view };
}

export function alertItem(view: AlertView, news: News = 'opened'): MessageItem {
  return { news, severity: 'critical', about: 'alert', alert: view };
}

export function message(items: readonly MessageItem[], change: Partial<AlertMessage> = {}): AlertMessage {
  return {
    id: 'payguard-1752253500000-1',
    severity: items[0]?.severity ?? 'info',
    items,
    at: AT,
    insteadOf: null,
    isTest: false,
    ...change,
  };
}
