import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { MerchantDescription } from '../src/control/describe-merchant.ts';
import { callControl } from './control-client.ts';
import { callApi, prepayBody } from './merchant-client.ts';
import { openResource } from './open-notification.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const MAIN = new URL('../src/main.ts', import.meta.url).pathname;
const READY_TIMEOUT_MS = 20_000;
const DELIVERED_TIMEOUT_MS = 30_000;
/** Four starts and 2,000 signed calls: 15 s on two idle cores. */
const TEST_TIMEOUT_MS = 120_000;
const PAYMENTS = 1_000;
/** Each kill comes after so many answers more. */
const ANSWERS_PER_KILL = 450;
/** Merchants that call at the same time, so that a kill always meets calls under way. */
const CALLERS = 16;

let dir: string;
let receiver: Receiver;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'wechatpay-simulator-'));
  receiver = await startReceiver(() => 204);
});
afterAll(async () => {
  await receiver.close();
  rmSync(dir, { recursive: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly apiUrl: string;
  readonly controlUrl: string;
  readonly merchant: MerchantDescription;
}

async function start(): Promise<Running> {
  const readyFile = join(dir, 'ready.json');
  rmSync(readyFile, { force: true });
  const child = spawn(process.execPath, [MAIN, '--state', join(dir, 'state'), '--ready-file', readyFile]);
  await vi.waitUntil(() => existsSync(readyFile), { timeout: READY_TIMEOUT_MS, interval: 10 });
  const { apiUrl, controlUrl } = JSON.parse(readFileSync(readyFile, 'utf8'));
  const [merchant] = (await callControl(controlUrl, 'GET', '/merchants')).json.merchants;
  return { child, apiUrl, controlUrl, merchant };
}

/** What somebody outside was told: by an answer, or by a callback. */
class Told {
  readonly ordered = new Set<string>();
  readonly paid = new Set<string>();
}

/** Calls from all callers at once, and kills after so many answers. False when all orders were done before. */
async function callUntilKilled(running: Running, numbers: Iterator<string>, told: Told): Promise<boolean> {
  const closed = once(running.child, 'close');
  let answers = 0;
  const onAnswer = () => {
    answers += 1;
    if (answers === ANSWERS_PER_KILL) running.child.kill('SIGKILL');
  };
  await Promise.all(Array.from({ length: CALLERS }, () => callOn(running, numbers, told, onAnswer)));
  if (!running.child.killed) return false;
  await closed;
  return true;
}

/** Prepays and pays order after order, until the simulator is gone or all are done; notes what was answered. */
async function callOn(running: Running, numbers: Iterator<string>, told: Told, onAnswer: () => void): Promise<void> {
  const { apiUrl, controlUrl, merchant } = running;
  try {
    for (let next = numbers.next(); next.done !== true; next = numbers.next()) {
      const body = prepayBody(merchant, next.value, receiver.url);
      const prepay = await callApi(apiUrl, '/v3/pay/transactions/native', merchant, { body });
      expect(prepay.status).toBe(200);
      told.ordered.add(next.value);
      onAnswer();
      expect((await callControl(controlUrl, 'POST', `/orders/${next.value}/pay`)).status).toBe(200);
      told.paid.add(next.value);
      onAnswer();
    }
  } catch (error) {
    // fetch says TypeError for a connection that broke; anything else is a finding.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Every order's trade state, by number. */
async function listStates({ controlUrl }: Running): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  let after: number | null = 0;
  while (after !== null) {
    const page: OrderPage = (await callControl(controlUrl, 'GET', `/orders?limit=1000&after=${after}`)).json;
    for (const { outTradeNo, tradeState } of page.orders) states.set(outTradeNo, tradeState);
    after = page.next;
  }
  return states;
}

interface OrderPage {
  readonly orders: ReadonlyArray<{ readonly outTradeNo: string; readonly tradeState: string }>;
  readonly next: number | null;
}

function* orderNumbers(): Generator<string> {
  for (let number = 1; number <= PAYMENTS; number += 1) yield `KILLED_${number}`;
}

it(
  'kill -9 in the midst of 1,000 payments forgets nothing anybody was told, and every payment is notified',
  async () => {
    const told = new Told();
    const numbers = orderNumbers();
    let running = await start();
    let kills = 0;
    while (await callUntilKilled(running, numbers, told)) {
      kills += 1;
      running = await start();
      const states = await listStates(running);
      expect([...told.ordered].filter((outTradeNo) => !states.has(outTradeNo))).toEqual([]);
      expect([...told.paid].filter((outTradeNo) => states.get(outTradeNo) !== 'SUCCESS')).toEqual([]);
    }
    expect(kills).toBeGreaterThanOrEqual(3);

    const isAllDelivered = async () => {
      const summary = (await callControl(running.controlUrl, 'GET', '/notifications/summary')).json;
      return summary.pending === 0 && summary.delivered > 0;
    };
    await vi.waitUntil(isAllDelivered, { timeout: DELIVERED_TIMEOUT_MS, interval: 50 });
    const states = await listStates(running);
    const notified = new Set(
      receiver.received.map(({ body }) => openResource(body, running.merchant.apiV3Key).out_trade_no),
    );
    const paid = [...states].filter(([, state]) => state === 'SUCCESS').map(([outTradeNo]) => outTradeNo);
    expect(paid.filter((outTradeNo) => !notified.has(outTradeNo))).toEqual([]);
    expect([...notified].filter((outTradeNo) => states.get(String(outTradeNo)) !== 'SUCCESS')).toEqual([]);
    const closed = once(running.child, 'close');
    running.child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
  },
  TEST_TIMEOUT_MS,
);
