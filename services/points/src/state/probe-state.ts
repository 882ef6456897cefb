import { PROBE_FINDINGS } from '@payguard/shared/callback-probe/verdict';
import { fromUtcText, utcText } from '@payguard/shared/database/multi-row';
import { Gauge, type Registry } from 'prom-client';
import { GONE_AFTER_MS, type Look, type StateSubject } from './state-subject.ts';

const URL_LABEL = ['url'] as const;

type ProbeRow = {
  url: string;
  started: string;
  finding: string;
  latency_ms: number | null;
  tls_not_after: string | null;
};

/** What the last probe of each callback URL found. */
export function createProbeState(registry: Registry): StateSubject {
  const registers = [registry];
  const success = new Gauge({
    name: 'payguard_probe_success',
    help: '1 when the last probe of a callback URL found all well',
    labelNames: URL_LABEL,
    registers,
  });
  const finding = new Gauge({
    name: 'payguard_probe_finding',
    help: '1 for what the last probe of a callback URL found, 0 for all it could have found',
    labelNames: ['url', 'finding'],
    registers,
  });
  const duration = new Gauge({
    name: 'payguard_probe_duration_seconds',
    help: 'How long the callback URL took to answer the last probe',
    labelNames: URL_LABEL,
    registers,
  });
  const time = new Gauge({
    name: 'payguard_probe_last_timestamp_seconds',
    help: 'When the last probe of a callback URL began',
    labelNames: URL_LABEL,
    registers,
  });
  const tlsExpiry = new Gauge({
    name: 'payguard_probe_tls_expiry_timestamp_seconds',
    help: "When the callback URL's TLS certificate ends",
    labelNames: URL_LABEL,
    registers,
  });
  return {
    name: 'probes',
    async refresh(look) {
      const rows = await readLastProbes(look);
      for (const gauge of [success, finding, duration, time, tlsExpiry]) gauge.reset();
      for (const row of rows) {
        const { url } = row;
        success.set({ url }, row.finding === 'ok' ? 1 : 0);
        for (const each of PROBE_FINDINGS) finding.set({ url, finding: each }, row.finding === each ? 1 : 0);
        if (row.latency_ms !== null) duration.set({ url }, row.latency_ms / 1000);
        time.set({ url }, (fromUtcText(row.started) ?? 0) / 1000);
        const endsAt = fromUtcText(row.tls_not_after);
        if (endsAt !== null) tlsExpiry.set({ url }, endsAt / 1000);
      }
    },
  };
}

/**
 * The last row of each URL: one step into the index for each. A run probes every URL of merchants.yaml, so one that the
 * last run to end well has left out is configured no more.
 */
async function readLastProbes({ pool, now }: Look): Promise<ProbeRow[]> {
  const lastRun: { started: string }[] = await pool.query({
    sql: `SELECT started_at AS started FROM job_runs WHERE job = 'probe' AND outcome = 'ended'
          ORDER BY finished_at DESC LIMIT 1`,
    dateStrings: true,
  });
  const since = Math.max(now - GONE_AFTER_MS, fromUtcText(lastRun[0]?.started ?? null) ?? 0);
  return pool.query(
    {
      sql: `SELECT p.url, p.started_at AS started, p.finding, p.latency_ms, p.tls_not_after
            FROM (SELECT MAX(id) AS id FROM callback_probes GROUP BY url) last
            JOIN callback_probes p ON p.id = last.id
            WHERE p.started_at >= ?`,
      dateStrings: true,
    },
    [utcText(since)],
  );
}
