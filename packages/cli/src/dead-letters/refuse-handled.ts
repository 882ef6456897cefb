import type { PrismaClient } from '@payguard/shared/database/prisma-client';
import { BadInput } from '../command.ts';
import type { DeadLetterId } from './dead-letter-id.ts';
import { findHandled } from './handled-letters.ts';

/** Throws BadInput when a person has already handled one of the letters, saying who, when and why. */
export async function refuseHandled(prisma: PrismaClient, ids: readonly DeadLetterId[], remedy: string): Promise<void> {
  for (const [id, { outcome, by, at, reason }] of await findHandled(prisma, ids)) {
    throw new BadInput(`${id} was ${outcome} by ${by} at ${at.toISOString()} (${reason}): ${remedy}.`);
  }
}
