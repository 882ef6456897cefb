import type { DatabasePool } from '@payguard/shared/database/connection-pool';

/** One look at the database. */
export type Look = {
  pool: Pick<DatabasePool, 'query'>;
  /** ms UTC */
  now: number;
  /** IANA name; the shop's own DATETIME columns are written in it. */
  shopTimeZone: string;
};

/** Gauges that are read together. Each query finds what it counts by index: its cost never follows the table's size. */
export type StateSubject = {
  name: string;
  /** Throws what the database throws; then the gauges stay as they were. */
  refresh(look: Look): Promise<void>;
};

/** How long ago, in seconds; 0 for a moment that never was, and for one to come. */
export function secondsSince(then: number | null, now: number): number {
  return then === null ? 0 : Math.max(0, now - then) / 1000;
}

/** What nobody has looked at for this long is gone: its series end. */
export const GONE_AFTER_MS = 24 * 60 * 60 * 1000;
