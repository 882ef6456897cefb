import { randomBytes } from 'node:crypto';

/** A `Request-ID` like WeChat Pay's: hex, and after the last `-` an internal error number, 0 for none. */
export function newRequestId(errorNumber = 0): string {
  return `08${randomBytes(20).toString('hex').toUpperCase()}-${errorNumber}`;
}
