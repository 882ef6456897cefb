import type { Kafka } from 'kafkajs';
import { counted } from '../counted.ts';
import { DEAD_LETTER_TOPICS } from '../dead-letters/dead-letter-id.ts';
import { listDeadLetters } from '../dead-letters/list-dead-letters.ts';
import { withModels } from '../open-models.ts';
import { type Finding, MAX_EXAMPLES, ok, warn } from './finding.ts';

/** A dead letter of payment.confirmed may be a payment that is not credited. */
export async function checkDeadLetters(kafka: Kafka, databaseUrl: string | undefined): Promise<Finding> {
  const check = 'dead letters';
  const { letters, total } = await withModels(databaseUrl, (prisma) =>
    listDeadLetters({ kafka, prisma }, { topics: DEAD_LETTER_TOPICS, includeHandled: false, limit: MAX_EXAMPLES }),
  );
  if (total === 0) return ok(check, 'None is unhandled.');
  const examples = letters.map(({ id, key, reason }) => `${id}: ${key ?? 'no key'}, ${reason ?? 'no reason'}`);
  return warn(
    check,
    `${counted(total, 'letter')} that nobody has handled.`,
    'payguard dlq list (docs/dead-letters.md).',
    examples,
  );
}
