import { judge } from '@payguard/local/demo/judge';
import { listOrders } from '@payguard/local/demo/simulator-control';
import { checkInvariants } from '@payguard/shared/database/check-invariants';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { createPrismaClient } from '@payguard/shared/database/prisma-client';
import { type CallbackLoad, startCallbackLoad } from './callback-load.ts';
import { killGateway, killKafka, killMariadb } from './load-kills.ts';
import { evictAll, rollback, upgrade } from './load-rollouts.ts';
import { complainOfAny, failuresOutside, type LoadWorld, measureStep, type Step, stepText } from './load-world.ts';
import { type Phase, waitFor } from './phase.ts';

const CALM_SECONDS = 10;
/** The poll looks each minute at what no callback brought in. */
const CREDITED_WITHIN_MS = 5 * 60_000;

/** Of the rate: below it the machine did not keep up, and what was tried is not what is claimed. */
const LEAST_RATE_SHARE = 0.95;

/** `mayFail`: callbacks may, as the step itself judges; in all other moments none may. */
const STEPS: readonly { name: string; run(world: LoadWorld): Promise<Step>; mayFail?: true }[] = [
  { name: 'nothing', run: calm },
  { name: 'upgrade', run: upgrade },
  { name: 'rollback', run: rollback },
  { name: 'eviction', run: evictAll },
  { name: 'kill -9 of a gateway', run: killGateway, mayFail: true },
  { name: 'Kafka killed', run: killKafka, mayFail: true },
  { name: 'MariaDB killed', run: killMariadb, mayFail: true },
];

/** Everything that is done to the system while callbacks come in; afterwards every payment is credited once. */
export const loadPhase: Phase = async (world) => {
  const outside = await world.outside();
  const load = await startCallbackLoad(outside, world.options.rate);
  const steps: Record<string, Step['figures']> = {};
  const allComplaints: string[] = [];
  const allSkipped: string[] = [];
  try {
    for (const { name, run } of STEPS) {
      const { figures, complaints, skipped = [] } = await run({ ...world, load });
      allSkipped.push(...skipped);
      const own = [...complaints, ...complainOfRate(name, figures, world.options.rate)];
      steps[name] = figures;
      allComplaints.push(...own);
      world.say(stepText(name, figures));
      for (const complaint of own) world.say(`  NOT as it has to be: ${complaint}`);
    }
  } finally {
    await load.stop();
  }
  const failedElsewhere = failedOutsideKills(load, steps);
  allComplaints.push(...failedElsewhere.map((what) => `outside the three kills: ${what}`));
  const userIds = load.feed.userIds.map(BigInt);
  await load.feed.close();
  const end = await judgeLoad(outside.target, userIds);
  const { sent, accepted, givenUp } = load.retries;
  const sends = load.callbacks.hits.length;
  world.say(
    `after all: ${sends} callbacks and ${sent} retries, ${givenUp} given up; ${end.paid} paid, ${end.credited} credited, ` +
      `lost ${end.lost.length}, doubled ${end.doubled.length}, wrong ${end.wrong.length}, invariants broken ${end.broken.length}`,
  );
  if (end.lost.length + end.doubled.length + end.wrong.length + end.broken.length + givenUp > 0) {
    allComplaints.push(
      `lost ${end.lost.length}, doubled ${end.doubled.length}, wrong ${end.wrong.length}, broken ${end.broken.join(', ')}, ${givenUp} callbacks given up`,
    );
  }
  const { lost, doubled, wrong, ...rest } = end;
  const counts = { lost: lost.length, doubled: doubled.length, wrong: wrong.length };
  return {
    figures: {
      rate: world.options.rate,
      steps,
      sends,
      retries: { sent, accepted, givenUp },
      late: load.late,
      failedOutsideKills: failedElsewhere,
      ...rest,
      ...counts,
    },
    complaints: allComplaints,
    skipped: allSkipped,
  };
};

/** Also between two steps, and what was answered only after its step had been counted. */
function failedOutsideKills({ callbacks, orderApi }: CallbackLoad, steps: Record<string, Step['figures']>): string[] {
  const kills = STEPS.flatMap(({ name, mayFail }) => (mayFail ? (steps[name]?.window ?? []) : []));
  return [
    ...failuresOutside(
      callbacks.hits,
      kills.map((window) => window.callbacks),
    ).map((what) => `callbacks were answered ${what}`),
    ...failuresOutside(
      orderApi.hits,
      kills.map((window) => window.orderApi),
    ).map((what) => `the order API answered ${what}`),
  ];
}

function complainOfRate(name: string, { callbacks: { perSecond } }: Step['figures'], rate: number): string[] {
  if (perSecond >= rate * LEAST_RATE_SHARE) return [];
  return [`${name}: the load was ${perSecond} callbacks a second instead of ${rate}: the machine did not keep up`];
}

async function calm(world: LoadWorld): Promise<Step> {
  const figures = await measureStep(world, async () => {
    await new Promise((resolve) => setTimeout(resolve, CALM_SECONDS * 1_000));
    return {};
  });
  return { figures, complaints: complainOfAny('nothing', figures) };
}

/** Waits until all that is paid is credited, then compares WeChat Pay's side with the database. */
async function judgeLoad(target: Awaited<ReturnType<LoadWorld['outside']>>['target'], userIds: bigint[]) {
  const { prisma, close } = createPrismaClient({ url: target.database.url });
  const pool = createDatabasePool({ url: target.database.url, connectionLimit: 1 });
  try {
    const { controlUrl } = target.simulator;
    const atWechatPay = await listOrders(controlUrl);
    const verdictNow = () => judge({ prisma, controlUrl, orders: [], userIds, atWechatPay });
    const complete = await waitFor(async () => {
      const verdict = await verdictNow();
      return verdict.lost.length === 0 && verdict;
    }, CREDITED_WITHIN_MS);
    const verdict = complete?.value ?? (await verdictNow());
    const invariants = await checkInvariants(pool);
    const broken = invariants.filter(({ severity, violations }) => severity === 'broken' && violations > 0);
    return { ...verdict, broken: broken.map(({ name }) => name), allCreditedMs: complete?.ms };
  } finally {
    await pool.end();
    await close();
  }
}
