import { runPoll } from '@payguard/reconciler/poll/run-poll';
import type { Clock } from '@payguard/shared/clock/clock';
import type { Merchant } from '@payguard/shared/config/merchants-file';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import type { MicroBatchPublisher } from '@payguard/shared/kafka/micro-batch-publisher';
import type { Logger } from '@payguard/shared/telemetry/logger';
import { openWechatPayClients } from '@payguard/shared/wechatpay-api/open-clients';
import { loadKeyRing } from '@payguard/shared/wechatpay-verify/key-ring';
import { createRandom } from '../exactly-once/random.ts';

export type Polling = {
  start(): void;
  /** Resolves when the run under way has ended. */
  stop(): Promise<void>;
  close(): Promise<void>;
};

export type PollingParts = {
  pool: DatabasePool;
  publisher: Pick<MicroBatchPublisher, 'publish'>;
  merchants: Merchant[];
  clock: Clock;
  log: Logger;
  apiUrl: string;
  name: string;
  seed: number;
};

/** As the timetable has it: a run works for less than a minute, and the next one follows. */
const RUN_MS = 55_000;
const CONCURRENCY = 32;

/** Run after run of the poll, in this process. */
export function openPolling({ apiUrl, name, seed, ...parts }: PollingParts): Polling {
  const { merchants, clock, log, pool } = parts;
  const keys = loadKeyRing(merchants);
  const clients = openWechatPayClients({
    ...{ merchants, clock, log, apiUrls: [apiUrl], keys: () => keys },
    budget: { pool, share: 'poll' },
  });
  const random = createRandom(seed);
  const settings = { shopTimeZone: 'Asia/Shanghai', chance: () => random.between(0, 1), concurrency: CONCURRENCY };
  const deps = { ...parts, ...settings, clients: clients.byMchid };
  let runs = 0;
  let stopping = new AbortController();
  let polling: Promise<void> = Promise.resolve();

  async function keepPolling(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      runs += 1;
      await runPoll({ ...deps, runBy: `${name}:${runs}` }, { until: clock.now() + RUN_MS }, signal);
    }
  }
  async function stop(): Promise<void> {
    stopping.abort();
    await polling;
  }
  return {
    start() {
      stopping = new AbortController();
      polling = keepPolling(stopping.signal);
    },
    stop,
    async close() {
      await stop();
      await clients.close();
    },
  };
}
