import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import { alertsFileSchema } from '@payguard/shared/alerting/alerts-file';
import { toKafkaRecord } from '@payguard/shared/events/cloud-event';
import type { PaymentMismatch } from '@payguard/shared/events/payment-mismatch';
import { mismatchId } from '@payguard/shared/events/payment-mismatch';
import type { PointsCredited } from '@payguard/shared/events/points-credited';
import type { ConsumedRecord } from '@payguard/shared/kafka/batch-consumer';

export const MCHID = '1900000001';
/** 2026-03-01 08:00 in Shanghai. */
export const NOW = Date.UTC(2026, 2, 1, 0, 0, 0);

/** An open mismatch of the order, seen at NOW. */
export function mismatchEvent(outTradeNo: string, changes: Partial<PaymentMismatch> = {}): PaymentMismatch {
  const kind = changes.kind ?? 'paid_not_recorded';
  return {
    id: mismatchId({ kind, mchid: MCHID, orderOrTransaction: outTradeNo }),
    kind,
    state: 'open',
    mchid: MCHID,
    out_trade_no: outTradeNo,
    transaction_id: null,
    refund_id: null,
    system_status: 'pending',
    wechat_status: 'SUCCESS',
    system_amount: 600,
    wechat_amount: 600,
    detected_at: new Date(NOW).toISOString(),
    ...changes,
  };
}

export function creditEvent(outTradeNo: string, changes: Partial<PointsCredited> = {}): PointsCredited {
  return {
    user_id: 7,
    mchid: MCHID,
    out_trade_no: outTradeNo,
    transaction_id: `42000${outTradeNo}`,
    points: 660,
    balance_after: 760,
    witness: 'query',
    repaired: true,
    credited_at: new Date(NOW).toISOString(),
    ...changes,
  };
}

/** Two channels, of which nothing is sent in these tests: `page` for what is critical, `desk` for the rest. */
export function alertsFile(changes: Record<string, unknown> = {}): AlertsFile {
  const channel = { type: 'webhook', url: 'http://127.0.0.1:9/', secretFile: '/nowhere' };
  return alertsFileSchema.parse({
    channels: { page: channel, desk: channel },
    routes: [{ severities: ['critical'], to: ['page', 'desk'] }, { to: ['desk'] }],
    ...changes,
  });
}

export type RecordOptions = { offset?: number; traceparent?: string };

export function mismatchRecord(
  event: PaymentMismatch,
  { offset = 0, traceparent }: RecordOptions = {},
): ConsumedRecord {
  const { key, value, headers } = toKafkaRecord({
    type: 'payment.mismatch',
    id: `${event.id}:${event.state}`,
    source: '/test',
    time: NOW,
    key: `${event.mchid}:${event.out_trade_no}`,
    data: event,
    traceparent,
  });
  return rawRecord('payment.mismatch', value, headers, { offset, key });
}

export function creditRecord(event: PointsCredited, { offset = 0, traceparent }: RecordOptions = {}): ConsumedRecord {
  const key = `${event.mchid}:${event.out_trade_no}`;
  const { value, headers } = toKafkaRecord({
    type: 'points.credited',
    id: `credit:${key}`,
    source: '/test',
    time: NOW,
    key,
    data: event,
    traceparent,
  });
  return rawRecord('points.credited', value, headers, { offset, key });
}

export function rawRecord(
  topic: string,
  value: string,
  headers: Record<string, string>,
  { offset = 0, key = null }: { offset?: number; key?: string | null } = {},
): ConsumedRecord {
  return {
    topic,
    partition: 0,
    message: {
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from(value),
      offset: String(offset),
      timestamp: '0',
      attributes: 0,
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    },
  };
}
