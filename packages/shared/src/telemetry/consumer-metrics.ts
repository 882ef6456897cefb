import { Counter, Gauge, type Registry } from 'prom-client';

export type ConsumerMetrics = {
  deadLetter(topic: string): void;
  publishFailed(): void;
  databaseUp(isUp: boolean): void;
};

/** What every process that consumes into the database shows of it. `topics`: those that it reads, at 0 from the start. */
export function createConsumerMetrics(registry: Registry, topics: readonly string[]): ConsumerMetrics {
  const registers = [registry];
  const deadLetters = new Counter({
    name: 'payguard_dead_letters_total',
    help: 'Records given up, by topic',
    labelNames: ['topic'],
    registers,
  });
  for (const topic of topics) deadLetters.inc({ topic }, 0);
  const publishFailures = new Counter({
    name: 'payguard_announcement_failures_total',
    help: 'Sends to Kafka that failed and were tried again',
    registers,
  });
  const databaseUp = new Gauge({ name: 'payguard_database_up', help: '1 while the database answers', registers });
  databaseUp.set(1);
  return {
    deadLetter: (topic) => deadLetters.inc({ topic }),
    publishFailed: () => publishFailures.inc(),
    databaseUp: (isUp) => databaseUp.set(isUp ? 1 : 0),
  };
}
