import { setTimeout as delay } from 'node:timers/promises';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { kafkaVariables } from '@payguard/shared/config/variables';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import type { Kafka, RetryOptions } from 'kafkajs';
import { z } from 'zod';
import { asBadInput } from './as-bad-input.ts';
import { BadInput } from './command.ts';

const environment = z.object(kafkaVariables);
type KafkaEnvironment = z.infer<typeof environment>;

/** How long a broker may take to be reached: it is often started together with whoever asks. */
export const REACH_TIMEOUT_MS = 15_000;
const REACH_RETRY_MS = 500;
/** Services retry for ever; a command has a person or a Job waiting for its answer, and must be able to end. */
const RETRY: RetryOptions = { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 };

/**
 * Runs the work with the Kafka that --brokers (or KAFKA_BROKERS) names; TLS and SASL come from the other KAFKA_
 * variables. Throws one sentence when no broker is reached within `waitMs`.
 */
export async function withKafka<T>(
  brokersOption: string | undefined,
  work: (kafka: Kafka) => Promise<T>,
  { waitMs = REACH_TIMEOUT_MS }: { waitMs?: number } = {},
): Promise<T> {
  const settings = readSettings(brokersOption);
  // What matters reaches the person as an error of the command.
  const kafka = asBadInput(() => createKafka('payguard-cli', settings, createLogger('payguard-cli', 'silent'), RETRY));
  await reach(kafka, settings.KAFKA_BROKERS, waitMs);
  return work(kafka);
}

/** Tries until a broker answers; one that refuses the user or the password is not asked twice. */
async function reach(kafka: Kafka, brokers: string[], waitMs: number): Promise<void> {
  const stopWaiting = new AbortController();
  const tooLate = delay(waitMs, 'too late' as const, { signal: stopWaiting.signal });
  tooLate.catch(() => undefined);
  let reason = `no answer within ${waitMs / 1_000} s`;
  try {
    for (;;) {
      const result = await Promise.race([tryConnect(kafka), tooLate]);
      if (result === 'connected') return;
      if (result === 'too late') break;
      reason = result.message;
      if (result.name === 'KafkaJSSASLAuthenticationError') break;
      if ((await Promise.race([delay(REACH_RETRY_MS), tooLate])) === 'too late') break;
    }
  } finally {
    stopWaiting.abort();
  }
  throw new Error(`No broker of ${brokers.join(',')} can be reached (${reason}): check --brokers.`);
}

/** Connecting alone proves nothing: kafkajs takes a broker that never answered for connected at the second try. */
async function tryConnect(kafka: Kafka): Promise<Error | 'connected'> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.describeCluster();
    return 'connected';
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await admin.disconnect();
  }
}

function readSettings(brokersOption: string | undefined): KafkaEnvironment {
  const given = brokersOption === undefined ? process.env : { ...process.env, KAFKA_BROKERS: brokersOption };
  if (given.KAFKA_BROKERS === undefined || given.KAFKA_BROKERS === '') {
    throw new BadInput('No Kafka is named: give --brokers host:9092,host:9092.');
  }
  return asBadInput(() => loadEnvironment(environment, given));
}
