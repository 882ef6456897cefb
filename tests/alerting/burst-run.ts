import { setTimeout as delay } from 'node:timers/promises';
import type { ReceivedMessage } from '@payguard/receivers/inbox';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { writeMismatches } from '../../services/alerter/tests/sending/write-mismatches.ts';
import { type AlertingWorld, CHANNELS, type ChannelName, openAlertingWorld } from './alerting-world.ts';

export type BurstOptions = {
  databaseUrl: string;
  mismatches: number;
  /** They are found evenly over so long. */
  overMs: number;
  /** A robot that answers nothing until all others have been told. */
  hanging: 'dingtalk' | null;
};

export type ChannelFigures = {
  messages: number;
  busiestMinute: number;
  /** Sum of the counts that the messages state. */
  stated: number;
  /** From the first mismatch to the last message, ms. */
  lastMs: number;
  /** The longest that a mismatch waited for its message, ms. */
  slowestMs: number;
};

export type BurstFigures = Record<ChannelName, ChannelFigures>;

/** As the receiving half groups what is critical. */
const GROUP_MS = 1_000;
const WRITE_EVERY_MS = 100;
const MINUTE_MS = 60_000;
/** Far beyond what any channel may take; figures show what it took. */
const TOLD_WITHIN_MS = 90_000;
const LOOK_MS = 50;
/** A title as people read it: 【严重】… 共 3 条. WeCom has none of its own, there it is the first line. */
const COUNT = /共 (\d+) 条/;

/** Many mismatches at once, on every kind of channel. */
export async function runBurst(options: BurstOptions): Promise<BurstFigures> {
  const world = await openAlertingWorld(options.databaseUrl);
  try {
    const others = CHANNELS.filter((channel) => channel !== options.hanging);
    if (options.hanging !== null) world.receivers.faults[options.hanging].set({ kind: 'hang' });
    const startedAt = Date.now();
    await writeEvenly(world.pool, options);
    await untilTold(world, others, options.mismatches);
    // What is back hears of all that it has missed.
    if (options.hanging !== null) world.receivers.faults[options.hanging].set(null);
    await untilTold(world, CHANNELS, options.mismatches);
    return await readFigures(world, startedAt);
  } finally {
    await world.stop();
  }
}

async function writeEvenly(pool: DatabasePool, { mismatches, overMs }: BurstOptions): Promise<void> {
  const startedAt = performance.now();
  for (let written = 0; written < mismatches; ) {
    const passedMs = performance.now() - startedAt + WRITE_EVERY_MS;
    const wanted = Math.min(mismatches, Math.ceil((mismatches * passedMs) / overMs));
    const orders = Array.from({ length: wanted - written }, (_, n) => `RECHARGE_${written + n}`);
    const now = Date.now();
    const burst = { channels: CHANNELS, orders, severity: 'critical', now, dueAt: now + GROUP_MS } as const;
    if (orders.length > 0) await writeMismatches(pool, burst);
    written = wanted;
    await delay(WRITE_EVERY_MS);
  }
}

async function untilTold(world: AlertingWorld, channels: readonly ChannelName[], count: number): Promise<void> {
  const deadline = performance.now() + TOLD_WITHIN_MS;
  for (;;) {
    const told = channels.map((channel) => statedBy(world.receivers.messages(channel)));
    if (told.every((sum) => sum >= count)) return;
    if (performance.now() > deadline) throw new Error(`${channels.join()} were told of ${told.join()} of ${count}`);
    await delay(LOOK_MS);
  }
}

function statedBy(messages: readonly ReceivedMessage[]): number {
  return messages.reduce((sum, { title, text }) => sum + Number(COUNT.exec(`${title}\n${text}`)?.[1] ?? Number.NaN), 0);
}

async function readFigures({ pool, receivers }: AlertingWorld, startedAt: number): Promise<BurstFigures> {
  const rows: { channel: string; slowest: number }[] = await pool.query(
    `SELECT channel, MAX(TIMESTAMPDIFF(MICROSECOND, created_at, ended_at)) DIV 1000 AS slowest
     FROM alert_notices GROUP BY channel`,
  );
  const slowest = new Map(rows.map((row) => [row.channel, row.slowest]));
  const figures = (channel: ChannelName): ChannelFigures => {
    const messages = receivers.messages(channel);
    const times = messages.map(({ receivedAt }) => Date.parse(receivedAt));
    return {
      messages: messages.length,
      busiestMinute: Math.max(
        ...times.map((from) => times.filter((at) => at >= from && at <= from + MINUTE_MS).length),
      ),
      stated: statedBy(messages),
      lastMs: Math.max(...times) - startedAt,
      slowestMs: slowest.get(channel) ?? Number.NaN,
    };
  };
  return {
    ...{ dingtalk: figures('dingtalk'), wecom: figures('wecom') },
    ...{ mail: figures('mail'), webhook: figures('webhook') },
  };
}
