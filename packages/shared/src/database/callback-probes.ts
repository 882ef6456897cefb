import type { ProbeReport } from '../callback-probe/probe-callback-url.ts';
import type { DatabasePool } from './connection-pool.ts';
import { utcText } from './multi-row.ts';

/** The widths of callback_probes' columns. */
const MAX_URL = 255;
const MAX_SENTENCE = 500;

/** Keeps what a probe found; the newest row of each URL is what metrics and alerts go by. `startedAt`: ms UTC. */
export async function insertCallbackProbe(
  pool: Pick<DatabasePool, 'query'>,
  report: ProbeReport,
  startedAt: number,
): Promise<void> {
  const { url, finding, sentence, httpStatus, latencyMs, tlsNotAfter } = report;
  await pool.query(
    `INSERT INTO callback_probes (url, started_at, finding, sentence, http_status, latency_ms, tls_not_after)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    [
      url.slice(0, MAX_URL),
      utcText(startedAt),
      finding,
      sentence.slice(0, MAX_SENTENCE),
      httpStatus,
      latencyMs,
      utcText(tlsNotAfter),
    ],
  );
}
