import type { AlertChannel, AlertMessage, SendOutcome } from '@payguard/shared/alerting/alert-message';
import { alertsFileSchema } from '@payguard/shared/alerting/alerts-file';
import { systemClock } from '@payguard/shared/clock/clock';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { createMetricsRegistry } from '@payguard/shared/telemetry/metrics';
import type { Registry } from 'prom-client';
import { openTestDatabase } from '../../../../packages/shared/tests/database/open-test-database.ts';
import type { ChannelWorld } from '../../src/sending/channel-world.ts';
import { createSendingMetrics } from '../../src/sending/sending-metrics.ts';
import type { Sending } from '../../src/sending/start-sending.ts';
import { startSending } from '../../src/sending/start-sending.ts';
import { writeMismatches } from './write-mismatches.ts';

export type SendingWorld = Awaited<ReturnType<typeof openSendingWorld>>;
export type Process = Sending & { registry: Registry };

/** A migrated database with an outbox, on a clock that can be set forward, and processes that send from it. */
export async function openSendingWorld() {
  const { pool, drop } = await openTestDatabase();
  await migrate({ pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  let aheadMs = 0;
  const clock = { now: () => Date.now() + aheadMs };
  const processes: Process[] = [];

  return {
    pool,
    clock,
    advance(ms: number) {
      aheadMs += ms;
    },
    start(channels: readonly AlertChannel[], settings: object = {}): Process {
      const registry = createMetricsRegistry('alerter');
      const alerts = alertsFileSchema.parse({
        channels: Object.fromEntries(channels.map(({ name }) => [name, SETTINGS])),
        routes: [{ to: channels.map(({ name }) => name) }],
        ...settings,
      });
      const sending = startSending({
        ...{ pool, clock, alerts, registry, channels: new Map(channels.map((channel) => [channel.name, channel])) },
        ...{ log: createLogger('alerter', 'silent'), stopping: new AbortController().signal, runBy: 'test' },
      });
      const process = Object.assign(sending, { registry });
      processes.push(process);
      return process;
    },
    /** What one turn of the channel works with. */
    inside(channel: AlertChannel): ChannelWorld {
      const metrics = createSendingMetrics(createMetricsRegistry('alerter'), [channel.name]);
      return {
        ...{ pool, clock, channel, metrics, rules: { perMinute: 20, fallback: null }, onTurn: () => undefined },
        ...{ log: createLogger('alerter', 'silent'), stopping: new AbortController().signal },
      };
    },
    /** Writes open mismatches and their notices on each of the channels, due now; answers the ids. */
    tell(channels: readonly string[], orders: readonly string[]): Promise<string[]> {
      return writeMismatches(pool, { channels, orders, severity: 'warning', now: clock.now() });
    },
    async notices(channel: string): Promise<{ dedupe_key: string; state: string }[]> {
      return pool.query('SELECT dedupe_key, state FROM alert_notices WHERE channel = ? ORDER BY id', [channel]);
    },
    async deliveries(channel: string): Promise<{ outcome: string; code: string | null; notices: number }[]> {
      return pool.query('SELECT outcome, code, notices FROM alert_deliveries WHERE channel = ? ORDER BY id', [channel]);
    },
    /** Stops the processes and leaves everything as it was at first. */
    async clear() {
      await Promise.all(processes.splice(0).map((process) => process.stop()));
      for (const table of TABLES) await pool.query(`DELETE FROM ${table}`);
      aheadMs = 0;
    },
    close: drop,
  };
}

const TABLES = ['alert_notices', 'alert_deliveries', 'alert_channels', 'mismatches', 'shop_notifications'];

/** Checked by the settings' schema and used for the rate alone: the channels of these tests are in this process. */
const SETTINGS = { type: 'webhook', url: 'http://127.0.0.1:9/', secretFile: '-', perMinute: 20 };

/** Somebody who is told: keeps what came and answers as the test says. */
export type Receiver = AlertChannel & {
  messages: AlertMessage[];
  answer(message: AlertMessage): Promise<SendOutcome> | SendOutcome;
};

export const SENT: SendOutcome = { kind: 'sent', code: '0' };
export const FAILED: SendOutcome = { kind: 'failed', code: 'network', detail: 'no connection' };
export const REFUSED: SendOutcome = { kind: 'refused', code: '93000', detail: 'invalid webhook url' };
export const THROTTLED: SendOutcome = { kind: 'throttled', code: '130101', detail: 'too fast', retryAfterMs: 600_000 };

export function createReceiver(name: string, outcome: SendOutcome = SENT): Receiver {
  const messages: AlertMessage[] = [];
  return {
    name,
    messages,
    answer: () => outcome,
    async send(message) {
      messages.push(message);
      return this.answer(message);
    },
    close: async () => undefined,
  };
}

/** Ids of the mismatches that the messages tell of, one for each time. */
export function toldIds(messages: readonly AlertMessage[]): string[] {
  return messages.flatMap(({ items }) =>
    items.flatMap((item) => (item.about === 'mismatch' ? [item.mismatch.id] : [])),
  );
}

/** The value of a metric with these labels. */
export async function metricOf(registry: Registry, name: string, labels: Record<string, string>): Promise<number> {
  const values = (await registry.getSingleMetric(name)?.get())?.values ?? [];
  const isIt = (found: Partial<Record<string, string | number>>) =>
    Object.entries(labels).every(([label, value]) => found[label] === value);
  return values.find((each) => isIt(each.labels))?.value ?? Number.NaN;
}
