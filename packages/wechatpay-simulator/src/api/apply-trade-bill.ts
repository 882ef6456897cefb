import { BILL_TYPES, type BillType } from '../bills/bill-columns.ts';
import { ageOf, type BillDay, parseBillDay } from '../bills/bill-day.ts';
import { billFile } from '../bills/bill-file.ts';
import { recordBillFault } from '../bills/record-bill-fault.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { type ApiFailure, type ApiOutcome, answered, failed } from './api-outcome.ts';
import type { SignedCall } from './signed-call.ts';

/**
 * `GET /v3/bill/tradebill` (page 4013071227): where the bill of a day can be fetched, and the SHA-1 of its bytes before
 * any compression. A bill exists from 10:00 Beijing time of the next day on.
 */
export function applyTradeBill(parts: SimulatorParts, call: SignedCall): ApiOutcome {
  const { mchid } = call.merchant;
  const wish = parseWish(call.query);
  if (wish.kind === 'failed') return wish;
  const { day, type, isGzip } = wish;
  const refused = refuseDay(parts, mchid, day);
  if (refused !== undefined) return refused;

  const file = billFile(parts, call.merchant, day, type);
  // That a type without lines has no statement either, although the day has trades, is not documented.
  if (file === undefined) return failed('NO_STATEMENT_EXIST', 'There was no such trade on that day; there is no bill.');

  const token = parts.bills.downloads.issue({ mchid, day, type, isGzip }, parts.clock.now());
  const address = `${parts.publicUrl()}/v3/billdownload/file?token=${token}`;
  return answered({
    download_url: isGzip ? `${address}&tartype=gzip` : address,
    hash_type: 'SHA1',
    hash_value: announcedHash(parts, mchid, day, file.sha1),
  });
}

type Wish =
  | { readonly kind: 'valid'; readonly day: BillDay; readonly type: BillType; readonly isGzip: boolean }
  | ApiFailure;

function parseWish(query: URLSearchParams): Wish {
  const day = parseBillDay(query.get('bill_date') ?? '');
  if (day === undefined) return failed('PARAM_ERROR', 'bill_date is missing or no day; give it as YYYY-MM-DD.');
  const typeText = query.get('bill_type') ?? 'ALL';
  const type = BILL_TYPES.find((known) => known === typeText);
  if (type === undefined) return failed('PARAM_ERROR', 'bill_type must be ALL, SUCCESS or REFUND, or left out.');
  const tarType = query.get('tar_type');
  if (tarType !== null && tarType !== 'GZIP') {
    return failed('PARAM_ERROR', 'tar_type must be GZIP or left out.');
  }
  return { kind: 'valid', day, type, isGzip: tarType === 'GZIP' };
}

/**
 * Before 10:00 a day without trades is STATEMENT_CREATING too: the page tells its readers to check for trades then. It
 * lists PARAM_ERROR, and INVALID_REQUEST for bill_date, without saying which is for a day out of reach.
 */
function refuseDay(parts: SimulatorParts, mchid: string, day: BillDay): ApiFailure | undefined {
  const nowMs = parts.clock.now();
  switch (ageOf(day, nowMs)) {
    case 'not_over':
      return failed('PARAM_ERROR', 'bill_date is not over yet; ask for it after 10:00 of the next day.');
    case 'too_old':
      return failed('PARAM_ERROR', 'bill_date is more than three months ago; bills are kept no longer.');
    case 'creating':
      return CREATING;
    case 'ready': {
      const { lateUntil } = parts.bills.faults.faultsOf(mchid, day.date);
      if (lateUntil === undefined || nowMs >= Date.parse(lateUntil)) return undefined;
      recordBillFault(parts, { mchid, billDate: day.date, fault: 'bill_late', detail: `until ${lateUntil}` });
      return CREATING;
    }
  }
}

const CREATING = failed('STATEMENT_CREATING', 'The bill is being made; ask again after 10:00 Beijing time.');

function announcedHash(parts: SimulatorParts, mchid: string, day: BillDay, sha1: string): string {
  if (!parts.bills.faults.takeWrongHash(mchid, day.date)) return sha1;
  recordBillFault(parts, { mchid, billDate: day.date, fault: 'bill_wrong_hash' });
  return `${sha1.slice(0, -1)}${sha1.endsWith('0') ? '1' : '0'}`;
}
