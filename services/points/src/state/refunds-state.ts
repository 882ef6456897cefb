import { Gauge, type Registry } from 'prom-client';
import type { Look, StateSubject } from './state-subject.ts';

/** The states of a refund that are not its end; as labels in lower case. */
const OPEN = ['requested', 'PROCESSING', 'ABNORMAL'] as const;

/** Money that is to go back and has not arrived. */
export function createRefundsState(registry: Registry): StateSubject {
  const open = new Gauge({
    name: 'payguard_refunds_open',
    help: 'Refunds that are not at their end, by status',
    labelNames: ['status'],
    registers: [registry],
  });
  const show = (refunds: ReadonlyMap<string, number>) => {
    for (const status of OPEN) open.set({ status: status.toLowerCase() }, refunds.get(status) ?? 0);
  };
  show(new Map());
  return {
    name: 'refunds',
    refresh: async (look) => show(await readOpen(look)),
  };
}

async function readOpen({ pool }: Look): Promise<Map<string, number>> {
  const rows: { status: string; refunds: number }[] = await pool.query(
    'SELECT status, COUNT(*) AS refunds FROM refunds WHERE status IN (?) GROUP BY status',
    [OPEN],
  );
  return new Map(rows.map(({ status, refunds }) => [status, refunds]));
}
