import { parseArgs } from 'node:util';
import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import { mismatchKindSchema, paymentMismatchSchema } from '@payguard/shared/events/payment-mismatch';
import type { z } from 'zod';
import { BadInput, EXIT_OK } from '../command.ts';
import { formatTable } from '../format-table.ts';
import { findMismatches, MAX_LISTED, type MismatchFilter } from '../mismatches/find-mismatches.ts';
import { withDatabase } from '../open-database.ts';
import { checkNumber } from '../repair/read-order-numbers.ts';

/** `payguard mismatch list`. */
export async function runMismatchList(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      state: { type: 'string' },
      kind: { type: 'string' },
      order: { type: 'string' },
      json: { type: 'boolean', default: false },
      'database-url': { type: 'string' },
    },
  });
  const filter = readFilter(values);
  const found = await withDatabase(values['database-url'], (pool) => findMismatches(pool, filter));
  console.log(values.json ? JSON.stringify(found.map(toJson), null, 2) : formatMismatches(found, filter).join('\n'));
  return EXIT_OK;
}

/** Whoever asks for an order wants to see what happened to it; everybody else what is left to do. */
function readFilter(values: { state?: string; kind?: string; order?: string }): Partial<MismatchFilter> {
  const state = values.state ?? (values.order === undefined ? 'open' : 'all');
  return {
    state: state === 'all' ? null : readOne('state', state, paymentMismatchSchema.shape.state),
    kind: values.kind === undefined ? null : readOne('kind', values.kind, mismatchKindSchema),
    outTradeNo: values.order === undefined ? null : checkNumber(values.order, '--order'),
  };
}

function readOne<T extends Record<string, string>>(option: string, text: string, schema: z.ZodEnum<T>): T[keyof T] {
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new BadInput(`--${option} ${text} means nothing: give one of ${schema.options.join(', ')}.`);
}

function formatMismatches(found: readonly MismatchView[], { state }: Partial<MismatchFilter>): string[] {
  if (found.length === 0) return [state === 'open' ? 'No mismatch is open.' : 'There is no such mismatch.'];
  const head = ['SINCE', 'KIND', 'STATE', 'MERCHANT', 'ORDER', 'HERE', 'WECHAT PAY', 'ID', 'CLOSED BY'];
  const rows = found.map((one) => [
    new Date(one.detectedAt).toISOString(),
    one.kind,
    one.state,
    one.mchid,
    one.out_trade_no ?? one.transaction_id ?? '-',
    withAmount(one.system_status, one.system_amount),
    withAmount(one.wechat_status, one.wechat_amount),
    one.id,
    one.handledBy === null ? '-' : `${one.handledBy}: ${one.handledReason ?? '-'}`,
  ]);
  const more = found.length === MAX_LISTED ? ` (the newest ${MAX_LISTED}; --kind or --order finds others)` : '';
  return [...formatTable([head, ...rows]), '', `${found.length} mismatches${more}.`];
}

function withAmount(status: string, fen: number | null): string {
  return fen === null ? status : `${status} ${fen} fen`;
}

function toJson({ detectedAt, stateAt, handledBy, handledReason, ...facts }: MismatchView) {
  return {
    ...facts,
    detected_at: new Date(detectedAt).toISOString(),
    state_at: new Date(stateAt).toISOString(),
    handled_by: handledBy,
    handled_reason: handledReason,
  };
}
