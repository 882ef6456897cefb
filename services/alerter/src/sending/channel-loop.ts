import type { ChannelLease } from './channel-lease.ts';
import { acquireChannel, ensureChannel, RENEW_BELOW_MS, releaseChannel, whileHeld } from './channel-lease.ts';
import { readChannel } from './channel-rows.ts';
import { takeTurn } from './channel-turn.ts';
import type { ChannelWorld } from './channel-world.ts';
import { errorTeller } from './error-teller.ts';
import { repeatTurns } from './repeat-turns.ts';

/** Somebody else sends: how soon we see that he no longer does. */
const STANDBY_MS = 1_000;

/** What a process knows of its part in a channel. */
type Part = { isRowThere: boolean; lease: ChannelLease | null };

/** Sends what waits for one channel until stopped, one process at a time. */
export async function runChannelLoop(world: ChannelWorld, token: string): Promise<void> {
  const { pool, channel, log } = world;
  const tellError = errorTeller(log, { channel: channel.name }, 'alerts cannot be sent now, tried again each second');
  const part: Part = { isRowThere: false, lease: null };
  await repeatTurns(world, tellError, () =>
    look(world, token, part).catch((err: unknown) => {
      // What was being done may be half done in our eyes: taking the channel anew sorts that out.
      part.lease = null;
      throw err;
    }),
  );
  // A database that is away leaves the lease to end by itself.
  if (part.lease !== null) await releaseChannel(pool, part.lease).catch(() => undefined);
}

/** Answers how long to rest after it, in ms. */
async function look(world: ChannelWorld, token: string, part: Part): Promise<number> {
  if (!part.isRowThere) await ensureChannel(world.pool, world.channel.name);
  part.isRowThere = true;
  part.lease = await hold(world, token, part.lease);
  if (part.lease === null) return STANDBY_MS;
  const turn = await takeTurn(world, part.lease);
  if (!turn.isStillOurs) part.lease = null;
  return turn.restMs;
}

/** The lease, taken or renewed where need be; null while somebody else has it. */
async function hold(world: ChannelWorld, token: string, lease: ChannelLease | null): Promise<ChannelLease | null> {
  const { pool, channel, clock, metrics } = world;
  const now = clock.now();
  if (lease !== null && lease.until - now > RENEW_BELOW_MS) return lease;
  const isRenewed = lease !== null && (await whileHeld(pool, lease, now, async () => true)) !== null;
  if (isRenewed) return lease;
  const taken = await acquireChannel(pool, { channel: channel.name, token }, now);
  const isFailing = taken !== null && (await readChannel(pool, channel.name, now)).state.failures > 0;
  metrics.channelFailing(channel.name, isFailing);
  return taken;
}
