import type { KafkaConfig, Producer, RetryOptions, SASLOptions } from 'kafkajs';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { ConfigError } from '../config/config-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { silenceKafkajsWarning } from './silence-kafkajs-warning.ts';

/**
 * Measured: with these no broker restart ends in an error or a crashed consumer, and both are back 1-2 s after the
 * broker. A send() then waits for as long as the broker is away, so every caller brings a deadline and a bound.
 */
export const KAFKA_RETRY: RetryOptions = {
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  factor: 0.2,
  multiplier: 1.5,
  retries: Number.MAX_SAFE_INTEGER,
  restartOnFailure: async () => true,
};

const CONNECTION_TIMEOUT_MS = 1_000;
/** Also how long a broker that accepts connections but does not answer is waited for. */
const REQUEST_TIMEOUT_MS = 5_000;

export type KafkaSettings = {
  KAFKA_BROKERS: string[];
  KAFKA_SSL: boolean;
  KAFKA_SASL_MECHANISM?: 'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined;
  KAFKA_SASL_USERNAME?: string | undefined;
  KAFKA_SASL_PASSWORD?: string | undefined;
};

/** `retry` is for those who have a person waiting for an end; services keep the default. Throws ConfigError. */
export function createKafka(clientId: string, settings: KafkaSettings, log: Logger, retry = KAFKA_RETRY): Kafka {
  const sasl = saslOptions(settings);
  const config: KafkaConfig = {
    clientId,
    brokers: settings.KAFKA_BROKERS,
    ssl: settings.KAFKA_SSL,
    ...(sasl === undefined ? {} : { sasl }),
    retry,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      const { message, logger: _logger, timestamp: _timestamp, ...fields } = entry.log;
      // A broker that is away shows up in readiness and metrics; one line for each retry would drown the log.
      const write = entry.level <= logLevel.WARN && fields.retryCount === undefined ? log.warn : log.debug;
      write.call(log, { kafka: entry.namespace, ...fields }, message);
    },
  };
  silenceKafkajsWarning();
  return new Kafka(config);
}

/** A producer whose sends are acknowledged by all in-sync replicas (acks -1 is kafkajs' default and stated at each send). */
export function createProducer(kafka: Kafka): Producer {
  return kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    retry: KAFKA_RETRY,
  });
}

function saslOptions(settings: KafkaSettings): SASLOptions | undefined {
  const mechanism = settings.KAFKA_SASL_MECHANISM;
  if (mechanism === undefined) return undefined;
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = settings;
  if (username === undefined || password === undefined) {
    throw new ConfigError(
      'KAFKA_SASL_MECHANISM is set but KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is not; set both or neither.',
    );
  }
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
  }
}
