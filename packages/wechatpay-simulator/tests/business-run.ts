import type { ApiFaultInput } from '../src/faults/api-fault.ts';
import type { FaultRates } from '../src/faults/draw-fault.ts';
import { MerchantCalls } from './merchant-calls.ts';
import type { CallAnswer } from './merchant-client.ts';
import type { Scene } from './simulated-merchant.ts';
import { openStrictScene } from './strict-merchant.ts';

const START_MS = Date.parse('2025-07-12T00:57:19+08:00');
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Short, so that late payments fall into the run. */
const ORDER_LIFE_MS = 5 * MINUTE_MS;
const MAX_TRIES = 3;

const RATES: FaultRates['rates'] = {
  lost: 0.04,
  delayed: 0.06,
  doubled: 0.06,
  doubled_at_once: 0.06,
  tampered_body: 0.04,
  tampered_signature: 0.04,
  tampered_tag: 0.04,
  tampered_aad: 0.04,
  wrong_key: 0.04,
  wrong_amount: 0.04,
  wrong_appid: 0.04,
  wrong_mchid: 0.04,
  unknown_serial: 0.04,
  stale_timestamp: 0.04,
  signtest: 0.06,
  lost_first: 0.06,
  out_of_order: 0.1,
  close_race_payment_first: 0.3,
  close_race_close_first: 0.3,
  late_payment: 0.3,
  refund_abnormal: 0.2,
  refund_closed: 0.2,
  refund_slow: 0.2,
};

/** All but `hang`, whose caller would have to wait in real time. */
export const API_FAULTS: readonly ApiFaultInput[] = [
  { kind: 'slow', ms: 1 },
  { kind: 'cut' },
  { kind: 'cut', sent: 'half_body' },
  { kind: 'error', code: 'SYSTEM_ERROR' },
  { kind: 'error', code: 'FREQUENCY_LIMITED' },
  { kind: 'accepted_202' },
  { kind: 'html_404' },
  { kind: 'empty_404' },
  { kind: 'unsigned' },
  { kind: 'wrongly_signed' },
  { kind: 'unknown_serial' },
  { kind: 'signtest' },
  { kind: 'clock_off', ms: 400_000 },
];

export interface RunRecord {
  /** Every call of the merchant with what came back, in order. */
  readonly calls: readonly string[];
  /** Every callback that arrived, in order: signing time and body. */
  readonly arrivals: readonly string[];
  readonly faults: ReturnType<Scene['simulator']['faults']>;
  readonly summary: ReturnType<Scene['simulator']['summary']>;
}

/**
 * A merchant's business of `count` orders under everything that can go wrong: prepay, then payment, close or nothing, and
 * a refund of every fourth paid one, with faults of all kinds by rate and two outages, on a clock driven by hand.
 */
export async function runBusiness(seed: string, count: number): Promise<RunRecord> {
  await using scene = await openStrictScene({ seed, clockStartMs: START_MS, concurrency: 1 });
  const { simulator } = scene;
  planTrouble(scene, seed);
  const calls: string[] = [];
  const shop = new MerchantCalls(scene);
  for (let index = 0; index < count; index += 1) {
    const outTradeNo = `BUSINESS_${index}`;
    await repeatUntilGood(calls, `prepay ${outTradeNo}`, () => prepay(shop, outTradeNo));
    if (index % 10 < 6) simulator.pay({ outTradeNo });
    else if (index % 10 < 9) await repeatUntilGood(calls, `close ${outTradeNo}`, () => shop.close(outTradeNo));
    await simulator.clock.advance(SECOND_MS);
    if (index % 4 === 0) await repeatUntilGood(calls, `refund ${outTradeNo}`, () => refund(scene, shop, outTradeNo));
    await simulator.clock.advance(SECOND_MS);
  }
  await simulator.clock.advance(8 * 24 * 60 * MINUTE_MS);
  const arrivals = scene.receiver.received.map((call) => `${call.headers['wechatpay-timestamp']} ${call.body}`);
  return { calls, arrivals, faults: simulator.faults(), summary: simulator.summary() };
}

function planTrouble({ simulator }: Scene, seed: string): void {
  simulator.setFaultRates({ seed, rates: RATES, maxDelayMs: MINUTE_MS, attempts: 2 });
  for (const fault of API_FAULTS) simulator.addApiFault({ rate: 0.02, fault });
  simulator.addApiFault({ rate: 0.02, effect: 'after', fault: { kind: 'error', code: 'SERVICE_UNAVAILABLE' } });
  const from = (minute: number) => ({
    fromMs: START_MS + minute * MINUTE_MS,
    untilMs: START_MS + (minute + 1) * MINUTE_MS,
  });
  simulator.addOutage({ ...from(3), what: 'both', how: 'unavailable' });
  simulator.addOutage({ ...from(6), what: 'api', how: 'refuse' });
}

function prepay(shop: MerchantCalls, outTradeNo: string): Promise<CallAnswer> {
  // Of the number alone, so that a repeat in another second is identical.
  const index = Number(outTradeNo.split('_')[1]);
  const expiresAt = new Date(START_MS + 2 * SECOND_MS * index + ORDER_LIFE_MS).toISOString().replace('.000Z', 'Z');
  return shop.prepay('native', outTradeNo, { time_expire: expiresAt });
}

function refund(scene: Scene, shop: MerchantCalls, outTradeNo: string): Promise<CallAnswer> {
  return shop.refund(outTradeNo, `${outTradeNo}_R`, 40, { notify_url: scene.receiver.url });
}

/** What a merchant's server does when an answer is no good: the same call again, a few times. */
async function repeatUntilGood(calls: string[], what: string, call: () => Promise<CallAnswer>): Promise<void> {
  for (let turn = 1; turn <= MAX_TRIES; turn += 1) {
    const answer = await call().catch(() => undefined);
    calls.push(`${what}: ${answer === undefined ? 'cut' : `${answer.status} ${answer.text}`}`);
    if (answer !== undefined && answer.status < 300 && answer.status !== 202) return;
  }
}
