import { fromUtcText } from '@payguard/shared/database/multi-row';
import { mismatchKindSchema } from '@payguard/shared/events/payment-mismatch';
import { Gauge, type Registry } from 'prom-client';
import { type Look, type StateSubject, secondsSince } from './state-subject.ts';

const LABELS = ['kind'] as const;

type OpenRow = { kind: string; mismatches: number; oldest: string };

/** Differences between WeChat Pay and this system that nobody has ended. */
export function createMismatchesState(registry: Registry): StateSubject {
  const registers = [registry];
  const open = new Gauge({
    name: 'payguard_mismatches_open',
    help: 'Open mismatches, by kind',
    labelNames: LABELS,
    registers,
  });
  const oldest = new Gauge({
    name: 'payguard_mismatches_open_oldest_age_seconds',
    help: 'How long ago the oldest open mismatch was detected, by kind; 0 without one',
    labelNames: LABELS,
    registers,
  });
  const show = (rows: readonly OpenRow[], now: number) => {
    const byKind = new Map(rows.map((row) => [row.kind, row]));
    for (const kind of mismatchKindSchema.options) {
      const row = byKind.get(kind);
      open.set({ kind }, row?.mismatches ?? 0);
      oldest.set({ kind }, secondsSince(fromUtcText(row?.oldest ?? null), now));
    }
  };
  show([], 0);
  return {
    name: 'mismatches',
    refresh: async (look) => show(await readOpen(look), look.now),
  };
}

function readOpen({ pool }: Look): Promise<OpenRow[]> {
  return pool.query({
    sql: `SELECT kind, COUNT(*) AS mismatches, MIN(detected_at) AS oldest
          FROM mismatches WHERE state = 'open' GROUP BY kind`,
    dateStrings: true,
  });
}
