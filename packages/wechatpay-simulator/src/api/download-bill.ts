import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { BillDownload } from '../bills/bill-downloads.ts';
import { billFile } from '../bills/bill-file.ts';
import { recordBillFault } from '../bills/record-bill-fault.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { type ApiOutcome, failed } from './api-outcome.ts';
import type { SignedCall } from './signed-call.ts';

const compress = promisify(gzip);

/** wechatpay-node-v3 reads text/plain as text and application/gzip as bytes, and loses any other type (facts §4). */
const CONTENT_TYPES = { plain: 'text/plain; charset=utf-8', gzip: 'application/gzip' } as const;

/**
 * `GET /v3/billdownload/file?token=…` (page 4012084430): the file, for the merchant that asked for it, within five
 * minutes. Codes as that API's page lists them; that an expired token and an unknown one are the same is a guess.
 */
export async function downloadBill(parts: SimulatorParts, call: SignedCall): Promise<ApiOutcome> {
  const download = parts.bills.downloads.find(call.query.get('token') ?? '', parts.clock.now());
  if (download === undefined) {
    return failed('INVALID_REQUEST', 'The token is unknown or older than 5 minutes; ask for a new download_url.');
  }
  if (download.mchid !== call.merchant.mchid) {
    return failed('NO_AUTH', 'The download_url was given to another merchant; sign as the one that asked for it.');
  }
  const file = billFile(parts, call.merchant, download.day, download.type);
  if (file === undefined) return failed('NO_STATEMENT_EXIST', 'There is no such bill any more.');
  const whole = download.isGzip ? await compress(file.bytes) : file.bytes;
  const contentType = CONTENT_TYPES[download.isGzip ? 'gzip' : 'plain'];
  return { kind: 'downloaded', contentType, body: cutIfAsked(parts, download, whole) };
}

function cutIfAsked(parts: SimulatorParts, { mchid, day }: BillDownload, whole: Buffer): Buffer {
  if (!parts.bills.faults.takeCut(mchid, day.date)) return whole;
  const cut = whole.subarray(0, Math.floor(whole.length / 2));
  const detail = `${cut.length} of ${whole.length} bytes`;
  recordBillFault(parts, { mchid, billDate: day.date, fault: 'bill_cut_short', detail });
  return cut;
}
