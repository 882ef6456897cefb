import { randomUUID } from 'node:crypto';
import type { AlertChannel } from '@payguard/shared/alerting/alert-message';
import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import type { Clock } from '@payguard/shared/clock/clock';
import { settledWithin } from '@payguard/shared/clock/settled-within';
import { ConfigError } from '@payguard/shared/config/config-error';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { Registry } from 'prom-client';
import { runChannelLoop } from './channel-loop.ts';
import type { ChannelRules } from './choose.ts';
import { clearWhatIsLeftBehind } from './left-behind.ts';
import { createSendingMetrics } from './sending-metrics.ts';
import { openShopWebhook } from './shop/open-shop-webhook.ts';
import { runShopLoop } from './shop/shop-loop.ts';
import { SHOP_CHANNEL } from './shop/shop-world.ts';

export type SendingOptions = {
  pool: DatabasePool;
  alerts: AlertsFile;
  channels: ReadonlyMap<string, AlertChannel>;
  clock: Clock;
  log: Logger;
  registry: Registry;
  stopping: AbortSignal;
  /** Who sends, for people who read the leases. */
  runBy: string;
};

export type Sending = {
  /** When the loop that is furthest behind last looked for work (ms of this machine's clock): for liveness. */
  readonly lastTurnAt: number;
  /** Resolves when every message under way has its outcome recorded, within bounds. `stopping` begins it. */
  stop(): Promise<void>;
};

/** A message takes 15 s at most. */
const STOP_TIMEOUT_MS = 16_000;
/** The column of leases has 128 characters; a UUID takes 36. */
const MAX_RUN_BY = 80;

/**
 * Sends what stands in the outbox: one loop for each channel and one for the shop's webhook, until `stopping`. Throws
 * ConfigError when the shop's secret cannot be read.
 */
export function startSending(options: SendingOptions): Sending {
  const { alerts, channels, registry, runBy } = options;
  refuseNameOfShop(alerts);
  const webhook = alerts.shop === undefined ? undefined : openShopWebhook(alerts.shop);
  const stopped = new AbortController();
  const world = {
    ...{ pool: options.pool, clock: options.clock, log: options.log },
    metrics: createSendingMetrics(registry, channels.keys()),
    stopping: AbortSignal.any([options.stopping, stopped.signal]),
  };
  // A process that is started again has the same name and must not be taken for the one that was killed.
  const token = `${runBy.slice(0, MAX_RUN_BY)}/${randomUUID()}`;
  const lastTurns = new Map<string, number>();
  const beginTurnsOf = (name: string): { onTurn(): void } => {
    const onTurn = () => void lastTurns.set(name, Date.now());
    onTurn();
    return { onTurn };
  };

  const loops = [...channels.values()].map((channel) => {
    const rules = rulesOf(alerts, channel.name);
    return runChannelLoop({ ...world, channel, rules, ...beginTurnsOf(channel.name) }, token);
  });
  if (webhook !== undefined) loops.push(runShopLoop({ ...world, webhook, ...beginTurnsOf(SHOP_CHANNEL) }, token));

  clearWhatIsLeftBehind(world, alerts, token);

  return {
    get lastTurnAt() {
      return Math.min(...lastTurns.values(), Date.now());
    },
    async stop() {
      stopped.abort(new Error('stopping'));
      await settledWithin(Promise.allSettled(loops), STOP_TIMEOUT_MS);
    },
  };
}

/** Both write their deliveries under their name, and each counts its own. */
function refuseNameOfShop(alerts: AlertsFile): void {
  if (alerts.shop === undefined || !Object.hasOwn(alerts.channels, SHOP_CHANNEL)) return;
  throw new ConfigError(
    `channels.${SHOP_CHANNEL}: the name ${SHOP_CHANNEL} is taken by the shop's webhook; rename it.`,
  );
}

function rulesOf({ channels, fallback, fallbackAfterSeconds }: AlertsFile, name: string): ChannelRules {
  const settings = channels[name];
  if (settings === undefined) throw new Error(`the channel ${name} has no settings`);
  const hasFallback = fallback !== undefined && fallback !== name;
  return {
    perMinute: settings.perMinute,
    fallback: hasFallback ? { channel: fallback, afterMs: fallbackAfterSeconds * 1_000 } : null,
  };
}
