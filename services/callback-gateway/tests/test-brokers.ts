import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { inject } from 'vitest';
import type {} from '../../../tests/setup/global-servers.ts';

const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };

/** The run's Kafka, or the one that KAFKA_BROKERS names. Other test files write there too. */
export function sharedBrokers(): string[] {
  const brokers = inject('kafkaBrokers') ?? process.env.KAFKA_BROKERS?.split(',');
  if (brokers === undefined) throw new Error('No Kafka for the tests: run npm test, or set KAFKA_BROKERS.');
  return brokers;
}

export async function createTopics(brokers: string[]): Promise<void> {
  const kafka = createKafka('tests', { KAFKA_BROKERS: brokers, KAFKA_SSL: false }, createLogger('tests', 'silent'));
  await ensureTopics(kafka, ONE_BROKER);
}
