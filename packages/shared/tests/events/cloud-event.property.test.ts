import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromKafkaMessage, toKafkaRecord } from '../../src/events/cloud-event.ts';
import { EVENT_TYPES, type EventData, type EventType } from '../../src/events/event-types.ts';

const RUNS = 300;

const digits = fc.stringMatching(/^\d{8,10}$/);
const orderNumber = fc.stringMatching(/^[0-9A-Za-z_\-|*]{6,32}$/);
const text = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const fen = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const instant = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2099-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const order = { mchid: digits, out_trade_no: orderNumber };
const witness = fc.constantFrom('callback', 'query', 'bill', 'manual');
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

/** One arbitrary for each event type: a new type without one does not compile. */
const data: Record<EventType, fc.Arbitrary<unknown>> = {
  'payment.confirmed': fc.record({
    ...order,
    witness,
    appid: text,
    transaction_id: text,
    amount_total: fen,
    currency: fc.constant('CNY'),
    success_time: instant,
    observed_at: instant,
    evidence_id: text,
  }),
  'payment.refunded': fc.record({
    ...order,
    transaction_id: text,
    out_refund_no: text,
    refund_id: text,
    amount_refund: fen,
    amount_total: fen,
    status: fc.constantFrom('PROCESSING', 'SUCCESS', 'CLOSED', 'ABNORMAL'),
    success_time: orNull(instant),
    observed_at: instant,
    evidence_id: text,
  }),
  'payment.closed': fc.record({
    ...order,
    trade_state: fc.constantFrom('CLOSED', 'NOTPAY', 'REVOKED', 'PAYERROR', 'ORDER_NOT_EXIST'),
    reason: fc.constantFrom('expired', 'cancelled'),
    observed_at: instant,
  }),
  'payment.decision': fc.record({
    ...order,
    transaction_id: text,
    verdict: fc.constantFrom('credit', 'refund', 'dismiss'),
    by: text,
    approved_by: orNull(text),
    reason: text,
    decided_at: instant,
  }),
  'payment.mismatch': fc.record({
    id: fc.stringMatching(/^[0-9a-f]{32}$/),
    kind: fc.constantFrom('paid_not_recorded', 'amount_mismatch', 'bill_missing', 'ledger_mismatch'),
    state: fc.constantFrom('open', 'auto_repaired', 'resolved', 'dismissed'),
    mchid: digits,
    out_trade_no: orNull(orderNumber),
    transaction_id: orNull(text),
    refund_id: orNull(text),
    system_status: text,
    wechat_status: text,
    system_amount: orNull(fen),
    wechat_amount: orNull(fen),
    detected_at: instant,
  }),
  'payment.callback-log': fc.record({
    entries: fc.array(
      fc.record({
        received_at: instant,
        client_ip: fc.ipV4(),
        headers: fc.dictionary(fc.stringMatching(/^[a-z-]{1,20}$/), text),
        body: fc.string({ unit: 'grapheme' }),
        body_encoding: fc.constantFrom('utf8', 'base64'),
        body_truncated: fc.boolean(),
        status: fc.integer({ min: 200, max: 599 }),
        outcome: text,
        out_trade_no: orNull(orderNumber),
        duration_ms: fc.integer({ min: 0, max: 5_000 }),
      }),
    ),
  }),
  'points.credited': fc.record({
    user_id: fc.nat(),
    ...order,
    transaction_id: text,
    points: fc.nat(),
    balance_after: fc.integer(),
    witness,
    repaired: fc.boolean(),
    credited_at: instant,
  }),
};

/** As Kafka gives it back: bytes, header values too. */
function overTheWire(record: { value: string; headers: Record<string, string> }) {
  const headers = Object.entries(record.headers).map(([name, value]) => [name, Buffer.from(value)]);
  return { value: Buffer.from(record.value), headers: Object.fromEntries(headers) as Record<string, Buffer> };
}

const anyTraceparent = fc.stringMatching(/^00-[0-9a-f]{31}1-[0-9a-f]{15}1-0[01]$/);

const eventTypes = Object.keys(EVENT_TYPES) as EventType[];

function encode(type: EventType, given: unknown, traceparent?: string) {
  return toKafkaRecord({
    type,
    id: 'an-id',
    source: '/payguard/tests',
    time: Date.UTC(2025, 6, 12),
    key: null,
    data: given as EventData<EventType>,
    traceparent,
  });
}

describe.each(eventTypes)('%s', (type) => {
  it('comes back from Kafka as it went in', () => {
    const property = fc.property(data[type], fc.option(anyTraceparent, { nil: undefined }), (given, traceparent) => {
      const decoded = fromKafkaMessage(type, overTheWire(encode(type, given, traceparent)));
      expect(decoded).toEqual({ kind: 'event', type, id: 'an-id', data: given, traceparent });
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it('has the headers of CloudEvents 1.0 in binary mode', () => {
    const [given] = fc.sample(data[type], 1);
    expect(encode(type, given).headers).toEqual({
      ce_specversion: '1.0',
      ce_id: 'an-id',
      ce_type: `${type}.v1`,
      ce_source: '/payguard/tests',
      ce_time: '2025-07-12T00:00:00.000Z',
      'content-type': 'application/json',
    });
  });

  it('is read with fields that this release does not know', () => {
    const [given] = fc.sample(fc.dictionary(text, text), 1);
    const [known] = fc.sample(data[type], 1);
    const record = encode(type, { ...(known as object), brand_new: given });
    expect(fromKafkaMessage(type, overTheWire(record))).toMatchObject({ kind: 'event', data: known });
  });

  it('of another major version is told apart from a malformed one', () => {
    const [given] = fc.sample(data[type], 1);
    const message = overTheWire(encode(type, given));
    const headers = { ...message.headers, ce_type: Buffer.from(`${type}.v2`) };
    expect(fromKafkaMessage(type, { ...message, headers })).toEqual({ kind: 'unknown_version', ceType: `${type}.v2` });
  });

  it('without any one of its fields is malformed, and the field is named', () => {
    const [given] = fc.sample(data[type], 1) as [Record<string, unknown>];
    for (const field of Object.keys(given)) {
      const { [field]: _left, ...rest } = given;
      const decoded = fromKafkaMessage(type, overTheWire(encode(type, rest)));
      expect(decoded).toMatchObject({ kind: 'malformed', reason: expect.stringContaining(field) });
    }
  });
});

describe('a traceparent that is none', () => {
  const trace = `${'a'.repeat(32)}-${'b'.repeat(16)}`;
  it.each([
    ['longer than its column', `00-${trace}-01-${'c'.repeat(64)}`],
    ['of all zeros', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`],
    ['in capitals', `00-${trace}-01`.toUpperCase()],
    ['with a line after it', `00-${trace}-01\n`],
    ['of nothing', ''],
  ])('is left out, and the event is read: %s', (_what, traceparent) => {
    const [given] = fc.sample(data['payment.mismatch'], 1);
    const decoded = fromKafkaMessage('payment.mismatch', overTheWire(encode('payment.mismatch', given, traceparent)));
    expect(decoded).toMatchObject({ kind: 'event', data: given, traceparent: undefined });
  });
});

describe('a record that is no event of its topic', () => {
  const [given] = fc.sample(data['payment.confirmed'], 1);
  const message = overTheWire(encode('payment.confirmed', given));
  const withType = (ceType: string) => ({ ...message, headers: { ...message.headers, ce_type: Buffer.from(ceType) } });

  it.each([
    ['no headers', { value: message.value }, /ce_type is missing/],
    ['another topic’s type', withType('payment.refunded.v1'), /does not belong into payment.confirmed/],
    ['no version', withType('payment.confirmed'), /does not belong/],
    ['a type named like a property of Object', withType('constructor.v1'), /does not belong/],
    ['no id', { ...message, headers: { ce_type: message.headers.ce_type } }, /ce_id is missing/],
    ['a tombstone', { ...message, value: null }, /value is empty/],
    ['a value that is no JSON', { ...message, value: Buffer.from('{') }, /not JSON/],
    ['a value that is null', { ...message, value: Buffer.from('null') }, /expected object/],
  ])('is malformed: %s', (_what, record, reason) => {
    expect(fromKafkaMessage('payment.confirmed', record)).toEqual({
      kind: 'malformed',
      reason: expect.stringMatching(reason),
    });
  });

  it('never makes the decoder throw', () => {
    const property = fc.property(fc.uint8Array(), fc.dictionary(fc.string(), fc.anything()), (value, headers) => {
      const record = {
        value: Buffer.from(value),
        headers: { ce_type: 'payment.confirmed.v1', ce_id: 'x', ...headers },
      };
      expect(fromKafkaMessage('payment.confirmed', record).kind).not.toBe('event');
    });
    fc.assert(property, { numRuns: RUNS });
  });
});
