import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../exactly-once/random.ts';
import { USERS } from './kill-rounds-judge.ts';
import type { KillRoundsSystem } from './kill-rounds-system.ts';

/** What a customer means to do, told by the order's description at WeChat Pay. */
export type Intent = {
  name: string;
  kind: 'paid' | 'refunded' | 'closed' | 'paid while closing';
  /** Numbers that checkout answered: one, however often it was asked. */
  numbers: Set<string>;
  /** Fen; of a refund. */
  refund: number;
};

type Answer = { status: number; body: Record<string, unknown> };

/** Fen of every order. */
export const TOTAL = 1_000;
const ATTEMPT_TIMEOUT_MS = 12_000;
const RETRY_AFTER_MS = 300;
/** Kafka and MariaDB come back in seconds; WeChat Pay is there most of the time. */
const ANSWERED_WITHIN_MS = 120_000;
const WAIT_SECONDS = 5;

export type Shop = {
  /** Resolves when the shop has all its answers; what WeChat Pay and payguard make of it takes longer. Never rejects. */
  carryOut(intent: Intent, random: Random): Promise<void>;
  /** One line for each customer whose request was refused, or not answered in time. */
  readonly failures: readonly string[];
  retries(): number;
};

export function createShop(system: KillRoundsSystem): Shop {
  const { simulator, checkoutUrl, mchid } = system;
  const failures: string[] = [];
  let retries = 0;
  const authorization = `Bearer ${readFileSync(system.apiKeyFile, 'utf8').trim()}`;

  /** Sends the same request until it is answered for good, as a careful shop does. */
  async function call(method: 'GET' | 'POST', path: string, body: object | undefined, key?: string): Promise<Answer> {
    const deadline = performance.now() + ANSWERED_WITHIN_MS;
    const headers: Record<string, string> = { authorization };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (key !== undefined) headers['idempotency-key'] = key;
    for (let last = ''; performance.now() < deadline; await delay(RETRY_AFTER_MS)) {
      try {
        const signal = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
        const payload = body === undefined ? null : JSON.stringify(body);
        const answer = await fetch(`${checkoutUrl}/v1${path}`, { method, headers, signal, body: payload });
        const text = await answer.text();
        if (answer.status < 500 && answer.status !== 429) return { status: answer.status, body: JSON.parse(text) };
        last = text;
      } catch (err) {
        last = String(err);
      }
      retries += 1;
      if (performance.now() + RETRY_AFTER_MS >= deadline) throw new Error(`${method} ${path}: ${last}`);
    }
    throw new Error(`${method} ${path}: no answer`);
  }

  async function create(intent: Intent, userId: number): Promise<string> {
    const order = { user_id: userId, amount_total: TOTAL, points: 100, description: intent.name, trade_type: 'native' };
    const { status, body } = await call('POST', '/orders', order, intent.name);
    if (status !== 200 && status !== 201) throw new Error(`${intent.name}: ${status} ${JSON.stringify(body)}`);
    const outTradeNo = String(body.out_trade_no);
    intent.numbers.add(outTradeNo);
    return outTradeNo;
  }

  /** True when the payer got through: a closed order takes no money. */
  function pay(outTradeNo: string): boolean {
    return simulator.pay({ mchid, outTradeNo, faults: [{ kind: 'lost' }] }).kind === 'paid';
  }

  async function close(outTradeNo: string): Promise<void> {
    const { status, body } = await call('POST', `/orders/${outTradeNo}/close`, {});
    if (![200, 202, 409].includes(status)) throw new Error(`close ${outTradeNo}: ${status} ${JSON.stringify(body)}`);
  }

  async function refund(outTradeNo: string, intent: Intent): Promise<void> {
    for (let isCredited = false; !isCredited; ) {
      const { body } = await call('GET', `/orders/${outTradeNo}?wait=${WAIT_SECONDS}`, undefined);
      isCredited = body.credited_at !== null;
    }
    const wanted = { amount: intent.refund, reason: 'sold out' };
    // Twice at once: a customer who clicks twice, or a shop that did not wait.
    const answers = await Promise.all(
      [1, 2].map(() => call('POST', `/orders/${outTradeNo}/refunds`, wanted, `${intent.name}-refund`)),
    );
    const wrong = answers.find(({ status }) => ![200, 201, 202].includes(status));
    if (wrong !== undefined) throw new Error(`refund ${outTradeNo}: ${wrong.status} ${JSON.stringify(wrong.body)}`);
  }

  async function trade(intent: Intent, random: Random): Promise<void> {
    const userId = Math.ceil(random.between(0.001, USERS));
    const isAskedTwice = random.between(0, 1) < 0.3;
    const closesAfterMs = random.between(0, 300);
    const [outTradeNo = ''] = await Promise.all(
      Array.from({ length: isAskedTwice ? 2 : 1 }, () => create(intent, userId)),
    );
    switch (intent.kind) {
      case 'paid':
        pay(outTradeNo);
        return;
      case 'refunded':
        pay(outTradeNo);
        return refund(outTradeNo, intent);
      case 'closed':
        return close(outTradeNo);
      case 'paid while closing': {
        const closing = close(outTradeNo);
        await delay(closesAfterMs);
        pay(outTradeNo);
        return closing;
      }
    }
  }

  return {
    failures,
    retries: () => retries,
    async carryOut(intent, random) {
      await trade(intent, random).catch((err: unknown) => failures.push(`${intent.name} (${intent.kind}): ${err}`));
    },
  };
}
