import { settledWithin } from '@payguard/shared/clock/settled-within';
import { waitUntil } from '@payguard/shared/clock/wait-until';
import { createCounts } from '../counts.ts';
import { type JobRecord, openJobRecord } from '../job-record.ts';
import { adoptChecks, demoteOverdue, merchantsWithChecks } from './keep-lanes.ts';
import { createLeaseSource } from './lease.ts';
import type { MerchantPoll, PollDependencies } from './poll-dependencies.ts';
import { pollMerchant } from './poll-merchant.ts';
import { createCheckWriter } from './settle-checks.ts';
import { sweepOrders } from './sweep-orders.ts';

/** `until`: ms UTC on the clock. `onceIdle`: one pass over what is due at the start. */
export type RunEnd = { until: number } | { onceIdle: true };

export type PollReport = { outcome: 'ended' | 'stopped'; counts: Record<string, number> };

/** A new order of the shop's is asked about within seconds, not only in the next run. */
const KEEP_HOUSE_EVERY_MS = 5_000;
/** What a kill may lose of the counts. */
const RECORD_EVERY_MS = 10_000;
/** Lookups have 5 s to end and their outcome must be written; then the process goes on without them. */
const STOP_TIMEOUT_MS = 8_000;
const RECORD_TIMEOUT_MS = 2_000;
/** While nothing is due: how long a due order may wait to be seen, and how many merchants may be looked at a second. */
const LOOK_EVERY_MS = 500;
const LOOKS_PER_SECOND = 200;

type Run = PollDependencies & Pick<MerchantPoll, 'counts'> & { record: JobRecord };

/**
 * One run of `poll`: finds orders without a check, then asks WeChat Pay about what is due, merchant by merchant, until the
 * end, or until `stop` is aborted. Any number of runs may work at the same time. Never rejects for what database, broker
 * or WeChat Pay do: what could not be done is due for the next run.
 */
export async function runPoll(deps: PollDependencies, end: RunEnd, stop: AbortSignal): Promise<PollReport> {
  const { clock, runBy, log } = deps;
  const counts = createCounts();
  const record = openJobRecord(deps.pool, { job: 'poll', runBy, startedAt: clock.now() }, counts, deps.requests);
  const run: Run = { ...deps, counts, record };
  await untilStopped(work(run, end, stop), stop);
  const outcome = stop.aborted ? 'stopped' : 'ended';
  await settledWithin(
    attempt(run, 'write the job record', () => record.write(clock.now(), outcome)),
    RECORD_TIMEOUT_MS,
  );
  const report: PollReport = { outcome, counts: counts.all() };
  log.info({ ...report, runBy }, 'poll done');
  return report;
}

async function work(run: Run, end: RunEnd, stop: AbortSignal): Promise<void> {
  const writeRecord = () => attempt(run, 'write the job record', () => run.record.write(run.clock.now(), 'running'));
  const isOver = new AbortController();
  const over = AbortSignal.any([stop, isOver.signal]);
  await writeRecord();
  await attempt(run, 'name merchants without a key', () => nameUnknownMerchants(run));
  await keepHouse(run, over);
  const aside = [repeat(run, RECORD_EVERY_MS, over, writeRecord)];
  if ('until' in end) aside.push(repeat(run, KEEP_HOUSE_EVERY_MS, over, () => keepHouse(run, over)));
  await pollAll(run, end, stop);
  isOver.abort();
  await Promise.all(aside);
}

/** A database that hangs must not keep a process from stopping: what it holds comes back when the leases end. */
async function untilStopped(work: Promise<void>, stop: AbortSignal): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  const onAbort = () => stopped.resolve(settledWithin(work, STOP_TIMEOUT_MS));
  if (stop.aborted) onAbort();
  stop.addEventListener('abort', onAbort, { once: true });
  await Promise.race([work, stopped.promise]);
  stop.removeEventListener('abort', onAbort);
}

async function pollAll(run: Run, end: RunEnd, stop: AbortSignal): Promise<void> {
  const { merchants, clients, clock, counts } = run;
  const nextToken = createLeaseSource(run.runBy);
  const writer = createCheckWriter(run);
  const pollEnd = {
    until: 'until' in end ? end.until : Number.POSITIVE_INFINITY,
    onePassOf: 'until' in end ? undefined : clock.now(),
    lookEveryMs: Math.max(LOOK_EVERY_MS, (clients.size * 1_000) / LOOKS_PER_SECOND),
  };
  await Promise.all(
    merchants.map(async (merchant) => {
      const client = clients.get(merchant.mchid);
      if (client === undefined) return;
      await pollMerchant({ ...run, merchant, client, counts, writer, nextToken, stop }, pollEnd, stop);
    }),
  );
}

/** Each step by itself: one that fails keeps no other from its turn. */
async function keepHouse(run: Run, over: AbortSignal): Promise<void> {
  const { pool, clients, counts, shopTimeZone, clock } = run;
  await attempt(run, 'sweep', () => sweepOrders(run, clock.now()));
  if (over.aborted) return;
  await attempt(run, 'adopt checks', () => adoptChecks(pool, shopTimeZone, counts, clock.now()));
  for (const mchid of clients.keys()) {
    if (over.aborted) return;
    await attempt(run, 'demote overdue checks', () => demoteOverdue(pool, mchid, counts, clock.now()));
  }
}

/** Orders of a merchant without a private key cannot be asked about: somebody has to know. */
async function nameUnknownMerchants({ pool, clients, counts, log }: Run): Promise<void> {
  const unknown = (await merchantsWithChecks(pool)).filter((mchid) => !clients.has(mchid));
  if (unknown.length === 0) return;
  counts.add('merchants_without_key', unknown.length);
  log.warn({ mchids: unknown }, 'orders of merchants without a private key in merchants.yaml are not asked about');
}

async function repeat(run: Run, everyMs: number, over: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (;;) {
    await waitUntil(run.clock, run.clock.now() + everyMs, over);
    if (over.aborted) return;
    await work();
  }
}

async function attempt(run: Run, task: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (err) {
    run.log.warn({ err, task }, 'failed, next turn in a while');
  }
}
