import { databaseErrorNumber } from '@payguard/shared/database/database-error';
import kafkajs from 'kafkajs';
import { type Finding, skip } from './finding.ts';

/** A statement, or a column in it, that this user may not use. */
const DENIED = new Set([1142, 1143]);

/** With `--read-only`: what the user of the database, or of Kafka, may not see is left to one who may. */
export async function unlessDenied(check: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await work();
  } catch (error) {
    const who = whoIsDenied(error);
    if (who === undefined) throw error;
    return [skip(check, `This user of ${who} may not look: run payguard doctor as one who may.`)];
  }
}

function whoIsDenied(error: unknown): string | undefined {
  if (DENIED.has(databaseErrorNumber(error) ?? 0)) return 'the database';
  if (error instanceof kafkajs.KafkaJSProtocolError && error.type.endsWith('_AUTHORIZATION_FAILED')) return 'Kafka';
  return undefined;
}
