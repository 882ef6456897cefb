import { type ProbeReport, probeCallbackUrl } from '@payguard/shared/callback-probe/probe-callback-url';
import { type ProbeTarget, probeTargets } from '@payguard/shared/callback-probe/probe-targets';
import type { Clock } from '@payguard/shared/clock/clock';
import { untilAborted } from '@payguard/shared/clock/until-aborted';
import type { Merchant } from '@payguard/shared/config/merchants-file';
import { insertCallbackProbe } from '@payguard/shared/database/callback-probes';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import type { Logger } from '@payguard/shared/telemetry/logger';
import { createCounts } from '../counts.ts';
import { openJobRecord } from '../job-record.ts';

export type ProbeDependencies = {
  pool: DatabasePool;
  merchants: readonly Merchant[];
  clock: Clock;
  log: Logger;
  /** host:pid:random. */
  runBy: string;
  /** PEM; undefined: Node's own authorities. */
  trusted: readonly string[] | undefined;
  /** Probe http and this machine as well. */
  allowLocal: boolean;
};

/** A thousand hosts that all hang take 15 s each: the last is asked before the next run begins, 10 minutes later. */
const URLS_AT_ONCE = 32;

/**
 * Probes every notifyUrl of merchants.yaml once, and keeps what it finds: a row in callback_probes, counts of the run, a
 * line in the log. Ends early when `stop` is aborted. Throws what the database throws.
 */
export async function runProbe(deps: ProbeDependencies, stop: AbortSignal): Promise<ProbeReport[]> {
  const { pool, clock, log, runBy } = deps;
  const { targets, withoutUrl } = probeTargets(deps.merchants);
  const counts = createCounts();
  const record = openJobRecord(pool, { job: 'probe', runBy, startedAt: clock.now() }, counts);
  await record.write(clock.now(), 'running');
  if (withoutUrl.length > 0) {
    counts.add('merchants_without_url', withoutUrl.length);
    log.warn({ mchids: withoutUrl }, 'merchants without notifyUrl in merchants.yaml are not probed');
  }
  const reports = await probeAll(deps, targets, stop);
  for (const { finding } of reports) counts.add(finding);
  await record.write(clock.now(), stop.aborted ? 'stopped' : 'ended');
  log.info({ counts: counts.all(), runBy }, 'probe done');
  return reports;
}

/** What was found until the end, or until it was stopped. */
async function probeAll(deps: ProbeDependencies, targets: ProbeTarget[], stop: AbortSignal): Promise<ProbeReport[]> {
  const reports: ProbeReport[] = [];
  const waiting = targets.values();
  const worker = async (): Promise<void> => {
    for (const target of waiting) reports.push(await probe(deps, target, stop));
  };
  try {
    await Promise.all(Array.from({ length: URLS_AT_ONCE }, worker));
  } catch (err) {
    if (!stop.aborted) throw err;
  }
  return reports;
}

/** Rejects when it is stopped: what a host says that is cut off is no finding. */
async function probe(deps: ProbeDependencies, { url, mchids }: ProbeTarget, stop: AbortSignal): Promise<ProbeReport> {
  const { pool, clock, log, trusted, allowLocal } = deps;
  const startedAt = clock.now();
  const report = await untilAborted(probeCallbackUrl(url, { trusted, allowLocal, now: startedAt }), stop);
  await insertCallbackProbe(pool, report, startedAt);
  log[report.finding === 'ok' ? 'info' : 'error']({ ...report, mchids }, 'callback URL probed');
  return report;
}
