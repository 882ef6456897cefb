import { parseArgs } from 'node:util';
import { type ProbeReport, probeCallbackUrl } from '@payguard/shared/callback-probe/probe-callback-url';
import { type ProbeTarget, probeTargets } from '@payguard/shared/callback-probe/probe-targets';
import { systemClock } from '@payguard/shared/clock/clock';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import { insertCallbackProbe } from '@payguard/shared/database/callback-probes';
import { asBadInput } from '../as-bad-input.ts';
import { BadInput, type Command, EXIT_FAILED, EXIT_OK } from '../command.ts';
import { type ProbeSettings, readMerchantsFileVariable, readProbeSettings } from '../config.ts';
import { counted } from '../counted.ts';
import { inParallel } from '../in-parallel.ts';
import { withDatabase } from '../open-database.ts';
import { printable } from '../printable.ts';

const HELP = `Usage: payguard probe [--mchid ID | --url URL] [--record] [--json] [options]

Asks from here whether WeChat Pay could deliver a callback: for each notifyUrl of merchants.yaml DNS, connection, TLS,
redirects, the gateway's health, and one unsigned callback, which the gateway has to refuse. Says in one sentence what is
wrong, where, and what to do. Sends no secret. Run it where WeChat Pay would come from: outside your own network.

  --mchid ID          only this merchant's
  --url URL           this one, whether or not merchants.yaml names it
  --record            keep what is found, as the job does: metrics and alerts go by it
  --json              what is found, as JSON
  --database-url URL  for --record: mysql://user:password@host:3306/database (default: DATABASE_URL)

MERCHANTS_FILE names merchants.yaml; PROBE_CA_FILE authorities to trust beside the public ones; ALLOW_LOCAL_NOTIFY_URL=true
allows http and this machine.
Exit code: 0 callbacks can be delivered, 1 they cannot, 2 wrong options or settings.`;

/** Hosts that hang take 15 s each, and somebody waits. */
const URLS_AT_ONCE = 32;

export const probeCommand: Command = {
  summary: 'ask from outside whether WeChat Pay could deliver a callback',
  help: HELP,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: {
        mchid: { type: 'string' },
        url: { type: 'string' },
        record: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        'database-url': { type: 'string' },
      },
    });
    const { mchid, url } = values;
    if (mchid !== undefined && url !== undefined) throw new BadInput('Give either --mchid or --url, not both.');
    const settings = readProbeSettings();
    const { targets, withoutUrl } = url === undefined ? findTargets(mchid) : urlAlone(url);
    const startedAt = systemClock.now();
    const reports = await inParallel(targets, URLS_AT_ONCE, (target) => probe(target, settings, startedAt));
    if (values.record) await keep(values['database-url'], reports, startedAt);
    console.log(values.json ? JSON.stringify(reports.map(toJson), null, 2) : format(reports, withoutUrl).join('\n'));
    return reports.every(({ finding }) => finding === 'ok') ? EXIT_OK : EXIT_FAILED;
  },
};

type Targets = { targets: ProbeTarget[]; withoutUrl: string[] };

function findTargets(mchid: string | undefined): Targets {
  const file = readMerchantsFileVariable();
  const all = asBadInput(() => loadMerchantsFile(file));
  const merchants = mchid === undefined ? all : all.filter((merchant) => merchant.mchid === mchid);
  if (merchants.length === 0) throw new BadInput(`${file} names no merchant ${mchid}; correct --mchid.`);
  const found = probeTargets(merchants);
  if (found.targets.length > 0) return found;
  throw new BadInput(`${file} has no notifyUrl for ${found.withoutUrl.join(', ')}; give one there, or --url here.`);
}

function urlAlone(url: string): Targets {
  return { targets: [{ url, mchids: [] }], withoutUrl: [] };
}

type Report = ProbeReport & { mchids: string[] };

async function probe({ url, mchids }: ProbeTarget, settings: ProbeSettings, now: number): Promise<Report> {
  return { ...(await probeCallbackUrl(url, { ...settings, now })), mchids };
}

function keep(databaseUrl: string | undefined, reports: readonly Report[], startedAt: number): Promise<void> {
  return withDatabase(databaseUrl, async (pool) => {
    for (const report of reports) await insertCallbackProbe(pool, report, startedAt);
  });
}

function format(reports: readonly Report[], withoutUrl: readonly string[]): string[] {
  const bad = reports.filter(({ finding }) => finding !== 'ok').length;
  const lines = reports.flatMap(formatReport);
  if (withoutUrl.length > 0) {
    lines.push(`warn  ${withoutUrl.join(', ')}: merchants.yaml has no notifyUrl for them, they are not probed.`);
  }
  return [...lines, '', `${counted(reports.length, 'URL')} probed, ${bad} to mend.`].map(printable);
}

function formatReport({ url, finding, sentence, mchids, tlsNotAfter }: Report): string[] {
  const about = mchids.length === 0 ? url : `${url} (${mchids.join(', ')})`;
  const until = tlsNotAfter === null ? [] : [`      certificate until ${new Date(tlsNotAfter).toISOString()}`];
  const state = finding === 'ok' ? 'ok  ' : 'bad ';
  return [`${state}  ${finding}: ${about}`, `      ${sentence}`, ...until];
}

function toJson({ url, mchids, finding, sentence, httpStatus, latencyMs, tlsNotAfter }: Report) {
  return {
    url,
    mchids,
    finding,
    sentence,
    http_status: httpStatus,
    latency_ms: latencyMs,
    tls_not_after: tlsNotAfter === null ? null : new Date(tlsNotAfter).toISOString(),
  };
}
