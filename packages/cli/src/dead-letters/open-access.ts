import { type Clock, systemClock } from '@payguard/shared/clock/clock';
import type { PrismaClient } from '@payguard/shared/database/prisma-client';
import type { Kafka } from 'kafkajs';
import { withKafka } from '../open-kafka.ts';
import { withModels } from '../open-models.ts';

/** What work on dead letters needs: Kafka holds them, the database knows which are handled. */
export type DeadLetterAccess = { kafka: Kafka; prisma: PrismaClient; clock: Clock };

/** Options that all dlq commands take. */
export const ACCESS_OPTIONS = { brokers: { type: 'string' }, 'database-url': { type: 'string' } } as const;

export function withDeadLetterAccess<T>(
  options: { brokers?: string | undefined; 'database-url'?: string | undefined },
  work: (access: DeadLetterAccess) => Promise<T>,
): Promise<T> {
  return withModels(options['database-url'], (prisma) =>
    withKafka(options.brokers, (kafka) => work({ kafka, prisma, clock: systemClock })),
  );
}
