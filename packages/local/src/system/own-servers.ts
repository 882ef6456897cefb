import { ConfigError } from '@payguard/shared/config/config-error';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { databaseVariable, kafkaVariables } from '@payguard/shared/config/variables';
import type { KafkaSettings } from '@payguard/shared/kafka/kafka-client';
import { z } from 'zod';

const environment = z.object({ ...kafkaVariables, DATABASE_URL: databaseVariable });

/** Servers that the user runs, in place of the embedded ones. */
export type OwnServers = { kafka: KafkaSettings; databaseUrl: string };

/** Reads KAFKA_BROKERS (and KAFKA_…) and DATABASE_URL; undefined when neither is set. Throws ConfigError. */
export function readOwnServers(env: NodeJS.ProcessEnv): OwnServers | undefined {
  const [brokers, database] = [env.KAFKA_BROKERS ?? '', env.DATABASE_URL ?? ''];
  if (brokers === '' && database === '') return undefined;
  if (brokers === '' || database === '') {
    const [given, missing] = brokers === '' ? ['DATABASE_URL', 'KAFKA_BROKERS'] : ['KAFKA_BROKERS', 'DATABASE_URL'];
    throw new ConfigError(
      `${given} is set and ${missing} is not; set both to use servers of your own, or neither for the embedded ones.`,
    );
  }
  const { DATABASE_URL: databaseUrl, ...kafka } = loadEnvironment(environment, env);
  return { kafka, databaseUrl };
}

/** The variables by which a service reaches this Kafka. */
export function kafkaEnvironment(kafka: KafkaSettings): Record<string, string> {
  const { KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD } = kafka;
  return {
    KAFKA_BROKERS: kafka.KAFKA_BROKERS.join(','),
    KAFKA_SSL: String(kafka.KAFKA_SSL),
    ...(KAFKA_SASL_MECHANISM === undefined ? {} : { KAFKA_SASL_MECHANISM }),
    ...(KAFKA_SASL_USERNAME === undefined ? {} : { KAFKA_SASL_USERNAME }),
    ...(KAFKA_SASL_PASSWORD === undefined ? {} : { KAFKA_SASL_PASSWORD }),
  };
}
