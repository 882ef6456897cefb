import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCallbackSender, signCallback } from '@payguard/local/load/signed-callbacks';
import type { CollectedSpan } from '@payguard/local/load/trace-collector';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { openTracedSystem, type TracedSystem } from './traced-system.ts';

const PRICE = 1_000;
const CREDITED = 'TRACED_CREDITED_1';
const WRONG_AMOUNT = 'TRACED_WRONG_AMOUNT_1';
const FOREIGN = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
const WAIT = { timeout: 20_000, interval: 50 };

let system: TracedSystem;

beforeAll(async () => {
  system = await openTracedSystem(inject('kafkaBrokers'));
  await addOrders([CREDITED, WRONG_AMOUNT]);
}, 120_000);

afterAll(() => system?.stop());

describe('the bundled services', () => {
  it('lead one trace from the callback through Kafka to the transaction, and another on to the alert', async () => {
    const sender = createCallbackSender(system.callbackUrl, 1);
    const callback = await payment(CREDITED, PRICE);
    // Anybody may send this: it is not followed.
    callback.headers.traceparent = FOREIGN;
    expect(await sender.send(callback)).toBe(204);
    expect(await sender.send(await payment(WRONG_AMOUNT, PRICE - 1))).toBe(204);
    sender.close();
    await vi.waitUntil(() => isCredited(CREDITED), WAIT);
    await vi.waitUntil(() => isTold(WRONG_AMOUNT), WAIT);
    await system.stopServices();

    const credited = traceOf(CREDITED);
    expectPath(credited, ['receive callback', 'publish', 'consume', 'decide and commit']);
    expectPath(credited, ['consume', 'announce']);
    expect(find(credited, 'decide and commit').attributes).toMatchObject({ 'payguard.outcome': 'credited' });

    const wrong = traceOf(WRONG_AMOUNT);
    expectPath(wrong, ['receive callback', 'publish', 'consume', 'decide and commit']);
    expect(find(wrong, 'decide and commit').attributes).toMatchObject({ 'payguard.outcome': 'mismatch' });
    expectPath(wrong, ['consume', 'announce', 'alerter round', 'alert send']);
    expect([...new Set(wrong.map((span) => span.service))].toSorted()).toEqual([
      'payguard-alerter',
      'payguard-callback-gateway',
      'payguard-points',
    ]);
  }, 60_000);

  it('say nothing of the payer and of keys in their spans', () => {
    const text = system.collector.spans.map((span) => span.text).join('\n');
    expect(text).toContain(CREDITED);
    expect(text).not.toMatch(/openid|oUpF8uMuAJO|apiv3|whsec_/i);
    expect(text).not.toContain(system.merchant.apiV3Key);
  });

  it('hold neither database driver nor merchant API where the public can reach them', () => {
    const { sources } = JSON.parse(readFileSync(join(system.bundles, 'callback-gateway.mjs.map'), 'utf8'));
    const text = sources.join('\n');
    expect(text).toContain('kafkajs');
    expect(text).not.toMatch(/node_modules\/(mariadb|@prisma|prisma|undici|wechatpay-node-v3|@opentelemetry\/sdk)/);
    expect(text).not.toMatch(/shared\/src\/(database|wechatpay-api|sync-order)\//);
  });

  it('are the same bytes when they are made again', async () => {
    const again = await system.bundleAgain('callback-gateway');
    expect(readFileSync(again).equals(readFileSync(join(system.bundles, 'callback-gateway.mjs')))).toBe(true);
  });

  it('bring their migrations, and Prisma’s compiler where models are used', async () => {
    expect(await system.payguard('migrate')).toBe('The schema is up to date.\n');
    expect(await system.payguard('dlq', 'list')).toMatch(/dead letters/);
  });
});

function payment(outTradeNo: string, total: number) {
  return signCallback(system.merchant, { outTradeNo, total, transactionId: `4200${Date.now()}${total}` });
}

async function addOrders(numbers: string[]): Promise<void> {
  const { mchid, appid } = system.merchant;
  await system.pool.query('INSERT INTO users (id, points) VALUES (1, 0)');
  await system.pool.batch(
    'INSERT INTO payment_orders (order_no, out_trade_no, user_id, points, mchid, appid, amount_total) VALUES (?, ?, 1, 10, ?, ?, ?)',
    numbers.map((number) => [number, number, mchid, appid, PRICE]),
  );
}

async function isCredited(outTradeNo: string): Promise<boolean> {
  const sql = 'SELECT id FROM payment_orders WHERE out_trade_no = ? AND credited_at IS NOT NULL';
  return (await system.pool.query(sql, [outTradeNo])).length === 1;
}

async function isTold(outTradeNo: string): Promise<boolean> {
  const isReceived = system.receivers.messages('webhook').some((message) => message.text.includes(outTradeNo));
  const pending = await system.pool.query("SELECT id FROM alert_notices WHERE state <> 'sent'");
  return isReceived && pending.length === 0;
}

/** All spans of the trace that an order's callback began. */
function traceOf(outTradeNo: string): CollectedSpan[] {
  const { spans } = system.collector;
  const first = spans.filter((span) => span.parentSpanId === undefined);
  const root = first.find((span) => span.attributes['payguard.out_trade_no'] === outTradeNo);
  expect(root, `a trace of ${outTradeNo}`).toMatchObject({ name: 'receive callback' });
  return spans.filter((span) => span.traceId === root?.traceId);
}

function find(trace: CollectedSpan[], name: string): CollectedSpan {
  const span = trace.find((each) => each.name === name);
  if (span === undefined) throw new Error(`no ${name} among ${trace.map((each) => each.name).join(', ')}`);
  return span;
}

/** Each span is the child of the one before. */
function expectPath(trace: CollectedSpan[], names: string[]): void {
  const spans = names.map((name) => find(trace, name));
  const parents = spans.slice(0, -1).map((span) => span.spanId);
  expect(spans.slice(1).map((span) => span.parentSpanId)).toEqual(parents);
}
