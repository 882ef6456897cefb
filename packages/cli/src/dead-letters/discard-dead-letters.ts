import type { DeadLetterId } from './dead-letter-id.ts';
import { fetchDeadLetters } from './fetch-dead-letters.ts';
import { recordHandled } from './handled-letters.ts';
import type { DeadLetterAccess } from './open-access.ts';
import { refuseHandled } from './refuse-handled.ts';

/**
 * Records that a person has decided against the letters; they stay in Kafka and can still be replayed with --again.
 * All or none: throws BadInput before anything is done when one is not there or is already handled.
 */
export async function discardLetters(
  { kafka, prisma, clock }: DeadLetterAccess,
  ids: readonly DeadLetterId[],
  order: { by: string; reason: string },
): Promise<void> {
  const letters = await fetchDeadLetters(kafka, ids);
  await refuseHandled(prisma, ids, 'there is nothing left to do with it');
  for (const letter of letters) {
    const at = new Date(clock.now());
    await recordHandled(prisma, letter, { outcome: 'discarded', ...order, at, replace: false });
  }
}
