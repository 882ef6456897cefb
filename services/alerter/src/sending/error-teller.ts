import { isRetriableDatabaseError } from '@payguard/shared/database/database-error';
import type { Logger } from '@payguard/shared/telemetry/logger';

/** The same error is told again after so long, not each second that it lasts. */
const REPEAT_MS = 30_000;

/** Logs errors of a loop; what time heals as a warning. */
export function errorTeller(log: Logger, facts: object, sentence: string): (err: unknown) => void {
  let told = { text: '', at: Number.NEGATIVE_INFINITY };
  return (err) => {
    const text = err instanceof Error ? err.message : String(err);
    const at = performance.now();
    if (text === told.text && at - told.at < REPEAT_MS) return;
    told = { text, at };
    log[isRetriableDatabaseError(err) ? 'warn' : 'error']({ err, ...facts }, sentence);
  };
}
