import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PaymentMismatch } from '@payguard/shared/events/payment-mismatch';
import { writeMismatches } from '../../services/alerter/tests/sending/write-mismatches.ts';
import type { TestServers } from '../active-query/poll-world.ts';
import { createRandom, type Random } from '../exactly-once/random.ts';
import { type ExpectedMismatch, publish, randomHistory } from './kill-rounds-events.ts';
import { type Judgement, judge } from './kill-rounds-judge.ts';
import { CHANNELS, type KillRoundsSystem, startKillRoundsSystem } from './kill-rounds-system.ts';
import { DESK_STEPS, type DeskStep } from './webhook-desk.ts';

/** Where sending is when the alerter is killed; those of the desk are exact, the others within milliseconds. */
export const KILL_STEPS = ['notices written', 'delivery written', ...DESK_STEPS, 'any moment'] as const;
export type KillStep = (typeof KILL_STEPS)[number];

export type KillRoundsOptions = {
  servers: TestServers;
  rounds: number;
  seed: number;
  /** Mismatches of a round that come as events, in random order. Kafka takes up to a minute to let go of killed consumers. */
  eventsARound: number;
  /** Every so many rounds a dead process' lease is waited out (30 s) instead of ended by hand; 0: never. */
  waitOutEvery: number;
  say(line: string): void;
};

export type KillRoundsReport = Judgement & { seed: number; rounds: number; kills: Record<KillStep, number> };

const WRITTEN_A_ROUND = 4;
/** Node starts, takes the channel and sends well within this. */
const STEP_WITHIN_MS = 20_000;
const ANY_MOMENT_MS = 1_200;
const LOOK_MS = 2;
/** A fixed folder, so that the next run ends what a killed one left behind. */
const STATE_DIR = join(import.meta.dirname, '../../.payguard/tests/alerter-kill-rounds');

/** Each round lets the alerter have news to tell and kills it at one step of telling them. */
export async function runKillRounds(options: KillRoundsOptions): Promise<KillRoundsReport> {
  const { rounds, seed, say } = options;
  const system = await startKillRoundsSystem(options.servers, STATE_DIR);
  try {
    const random = createRandom(seed);
    const expected: ExpectedMismatch[] = [];
    const unpublished: PaymentMismatch[] = [];
    const kills = Object.fromEntries(KILL_STEPS.map((step) => [step, 0])) as Record<KillStep, number>;
    for (const [round, step] of stepsOf(rounds, random).entries()) {
      await system.untilSending();
      const killed = killAt(system, step, random);
      expected.push(...(await giveNews(system, { round, random, unpublished, eventsARound: options.eventsARound })));
      await killed;
      kills[step] += 1;
      const isWaitedOut = options.waitOutEvery > 0 && (round + 1) % options.waitOutEvery === 0;
      if (!isWaitedOut) await system.endLeases();
      if ((round + 1) % 20 === 0) say(`${round + 1} of ${rounds} rounds, ${expected.length} mismatches`);
    }
    await publish(system, unpublished);
    return { seed, rounds, kills, ...(await judge(system, expected, rounds)) };
  } finally {
    await system.stop();
  }
}

/** Every step as often as every other, in a seeded order. */
function stepsOf(rounds: number, random: Random): KillStep[] {
  const steps = Array.from({ length: Math.ceil(rounds / KILL_STEPS.length) }, () => random.shuffle(KILL_STEPS)).flat();
  return steps.slice(0, rounds);
}

type NewsOfRound = { round: number; random: Random; unpublished: PaymentMismatch[]; eventsARound: number };

/** Some mismatches as the receiving half writes them, at once; others as events, of which a part comes rounds later. */
async function giveNews(
  system: KillRoundsSystem,
  { round, random, unpublished, eventsARound }: NewsOfRound,
): Promise<ExpectedMismatch[]> {
  const names = (kind: string, count: number) =>
    Array.from({ length: count }, (_, n) => `${system.name}_${kind}_${round}_${n}`);
  const histories = names('EVENTS', eventsARound).map((orderNo) => randomHistory(orderNo, random));
  unpublished.push(...histories.flatMap(({ events }) => events));
  const shuffled = random.shuffle(unpublished.splice(0));
  unpublished.push(...shuffled.splice(Math.ceil(shuffled.length / 2)));
  await publish(system, shuffled);
  const now = Date.now();
  const orders = names('WRITTEN', WRITTEN_A_ROUND);
  const ids = await writeMismatches(system.pool, { channels: CHANNELS, orders, severity: 'critical', now });
  const written = ids.map((id): ExpectedMismatch => ({ id, state: 'open', detectedAt: now, handledBy: null }));
  return [...histories.map((history) => history.expected), ...written];
}

async function killAt(system: KillRoundsSystem, step: KillStep, random: Random): Promise<void> {
  switch (step) {
    case 'notices written':
      await untilRow(system, "SELECT id FROM alert_notices WHERE state = 'pending' LIMIT 1");
      return system.kill();
    case 'delivery written':
      await untilRow(system, "SELECT id FROM alert_deliveries WHERE outcome = 'sending' LIMIT 1");
      return system.kill();
    case 'any moment':
      await delay(random.between(0, ANY_MOMENT_MS));
      return system.kill();
    default:
      return killAtDesk(system, step, random);
  }
}

async function untilRow({ pool }: KillRoundsSystem, query: string): Promise<void> {
  const deadline = performance.now() + STEP_WITHIN_MS;
  while (performance.now() < deadline) {
    const rows: unknown[] = await pool.query(query);
    if (rows.length > 0) return;
    await delay(LOOK_MS);
  }
}

/** At the first request of one of the channels; after its answer, a moment later, so that it hits the recording too. */
async function killAtDesk(system: KillRoundsSystem, step: DeskStep, random: Random): Promise<void> {
  const channel = random.sample(CHANNELS, 1)[0];
  const laterMs = step === 'answered' ? random.between(0, 6) : 0;
  const reached = Promise.withResolvers<void>();
  const killed = Promise.withResolvers<void>();
  let isOver = false;
  system.desk.onStep = async (at, on) => {
    if (isOver || at !== step || on !== channel) return false;
    isOver = true;
    reached.resolve();
    if (laterMs > 0) await delay(laterMs);
    await system.kill();
    killed.resolve();
    return true;
  };
  await Promise.race([reached.promise, delay(STEP_WITHIN_MS, undefined, { ref: false })]);
  if (!isOver) {
    isOver = true;
    await system.kill();
  } else await killed.promise;
}
