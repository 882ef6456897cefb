import { judge } from '@payguard/local/demo/judge';
import { listOrders } from '@payguard/local/demo/simulator-control';
import { checkInvariants } from '@payguard/shared/database/check-invariants';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { createPrismaClient } from '@payguard/shared/database/prisma-client';
import { startCallbackLoad } from './callback-load.ts';
import { killGateway, killKafka, killMariadb } from './load-kills.ts';
import { evictAll, rollback, upgrade } from './load-rollouts.ts';
import { complainOfAny, type LoadWorld, measureStep, type Step, stepText } from './load-world.ts';
import { type Phase, waitFor } from './phase.ts';

const CALM_SECONDS = 10;
/** The poll looks each minute at what no callback brought in. */
const CREDITED_WITHIN_MS = 5 * 60_000;

const STEPS: readonly { name: string; run(world: LoadWorld): Promise<Step> }[] = [
  { name: 'nothing', run: calm },
  { name: 'upgrade', run: upgrade },
  { name: 'rollback', run: rollback },
  { name: 'eviction', run: evictAll },
  { name: 'kill -9 of a gateway', run: killGateway },
  { name: 'Kafka killed', run: killKafka },
  { name: 'MariaDB killed', run: killMariadb },
];

/** Everything that is done to the system while callbacks come in; afterwards every payment is credited once. */
export const loadPhase: Phase = async (world) => {
  const outside = await world.outside();
  const load = await startCallbackLoad(outside, world.options.rate);
  const steps: Record<string, Step['figures']> = {};
  const complaints: string[] = [];
  try {
    for (const { name, run } of STEPS) {
      const { figures, complaints: own } = await run({ ...world, load });
      steps[name] = figures;
      complaints.push(...own);
      world.say(stepText(name, figures));
      for (const complaint of own) world.say(`  NOT as it has to be: ${complaint}`);
    }
  } finally {
    await load.stop();
  }
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
    complaints.push(
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
      ...rest,
      ...counts,
    },
    complaints,
  };
};

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
