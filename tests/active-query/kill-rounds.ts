import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, type Random } from '../exactly-once/random.ts';
import { type Judgement, judge, USERS } from './kill-rounds-judge.ts';
import { createShop, type Intent, type Shop, TOTAL } from './kill-rounds-shop.ts';
import { KILLED_PARTS, type KilledPart, type KillRoundsSystem, startKillRoundsSystem } from './kill-rounds-system.ts';

/** Each round kills one part while orders are made, paid, closed and refunded. */
export type KillRoundsOptions = {
  rounds: number;
  seed: number;
  stateDir: string;
  say(line: string): void;
};

export type KillRoundsReport = Judgement & {
  seed: number;
  rounds: number;
  kills: Record<KilledPart, number>;
  /** API calls at WeChat Pay that were slow or spoilt, so that kills land in their middle. */
  spoiltCalls: number;
  /** Requests of the shop that got no answer, or one that says try again. */
  retries: number;
};

const INTENTS_A_ROUND = 4;
const KINDS: readonly Intent['kind'][] = ['paid', 'refunded', 'closed', 'paid while closing'];
const ROUND_MS = [1_000, 2_000] as const;
const DOWN_MS = [100, 1_000] as const;
/** Half the calls take this long: a kill finds some under way. */
const SLOW_MS = [50, 200, 500] as const;
/** A fixed folder, so that the next run ends what a killed one left behind. */
export const KILL_ROUNDS_STATE_DIR = join(import.meta.dirname, '../../.payguard/tests/kill-rounds');

export async function runKillRounds(options: KillRoundsOptions): Promise<KillRoundsReport> {
  const system = await startKillRoundsSystem(options.stateDir);
  try {
    await addUsers(system);
    spoilCalls(system, options.seed);
    const kills = { poll: 0, checkout: 0, kafka: 0, mariadb: 0 };
    const shop = createShop(system);
    const intents = await tradeWhileKilling(system, shop, options, kills);
    const judgement = await judge(system, intents);
    const spoiltCalls = system.simulator.faults({ target: 'api' }).length;
    return {
      ...{ seed: options.seed, rounds: options.rounds, kills, spoiltCalls, retries: shop.retries() },
      ...{ ...judgement, wrong: [...shop.failures, ...judgement.wrong] },
    };
  } finally {
    await system.stop();
  }
}

async function addUsers({ pool }: KillRoundsSystem): Promise<void> {
  const rows = Array.from({ length: USERS }, (_, n) => `(${n + 1}, 0)`);
  await pool.query(`INSERT INTO users (id, points) VALUES ${rows.join()}`);
}

/** Slow answers, and some that never come though the call took effect. */
function spoilCalls({ simulator }: KillRoundsSystem, seed: number): void {
  const rule = (rate: number, name: string) => ({ rate, seed: `${seed}-${name}` });
  simulator.addApiFault({ ...rule(0.04, 'cut'), effect: 'after', fault: { kind: 'cut' } });
  simulator.addApiFault({ ...rule(0.04, '500'), effect: 'after', fault: { kind: 'error', code: 'SYSTEM_ERROR' } });
  for (const ms of SLOW_MS) simulator.addApiFault({ ...rule(0.2, `slow-${ms}`), fault: { kind: 'slow', ms } });
}

async function tradeWhileKilling(
  system: KillRoundsSystem,
  shop: Shop,
  { rounds, seed, say }: KillRoundsOptions,
  kills: Record<KilledPart, number>,
): Promise<Intent[]> {
  const random = createRandom(seed);
  const intents: Intent[] = [];
  const underWay: Promise<void>[] = [];
  for (const [round, part] of partsToKill(rounds, random).entries()) {
    const roundMs = random.between(...ROUND_MS);
    const killAfterMs = random.between(0, roundMs);
    const downMs = random.between(...DOWN_MS);
    for (let n = 0; n < INTENTS_A_ROUND; n += 1) {
      const intent = newIntent(`round ${round} customer ${n}`, random);
      intents.push(intent);
      underWay.push(delay(random.between(0, roundMs)).then(() => shop.carryOut(intent, random)));
    }
    await delay(killAfterMs);
    await system.kill(part, downMs);
    kills[part] += 1;
    await delay(roundMs - killAfterMs);
    if ((round + 1) % 20 === 0) say(`${round + 1} of ${rounds} rounds, ${intents.length} orders`);
  }
  await Promise.all(underWay);
  return intents;
}

/** Every part as often as every other, in a seeded order. */
function partsToKill(rounds: number, random: Random): KilledPart[] {
  const parts = Array.from({ length: Math.ceil(rounds / KILLED_PARTS.length) }, () => KILLED_PARTS).flat();
  return random.shuffle(parts).slice(0, rounds);
}

function newIntent(name: string, random: Random): Intent {
  const kind = KINDS[Math.floor(random.between(0, KINDS.length))] ?? 'paid';
  return { name: name.replaceAll(' ', '-'), kind, numbers: new Set(), refund: Math.ceil(random.between(0, TOTAL)) };
}
