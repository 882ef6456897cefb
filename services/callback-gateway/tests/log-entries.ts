import { type CallbackLogEntry, callbackLogSchema } from '@payguard/shared/events/callback-log';
import type { ReadRecord } from './topic-reader.ts';

/** The callbacks that these records of payment.callback-log hold, in the schema that the console reads. */
export function logEntries(records: ReadRecord[]): CallbackLogEntry[] {
  return records
    .filter((record) => record.topic === 'payment.callback-log')
    .flatMap((record) => callbackLogSchema.parse(JSON.parse(record.value)).entries);
}
