import type { ChannelLease } from './channel-lease.ts';
import { readChannel } from './channel-rows.ts';
import type { ChannelWorld } from './channel-world.ts';
import { choose } from './choose.ts';
import { deliver } from './deliver.ts';
import { giveUpWhatIsOver } from './give-up.ts';
import { handOver } from './hand-over.ts';
import { isAnythingDue, isCriticalDue, readMessage, readOldest } from './waiting-notices.ts';

/** How soon a notice that has become due is seen. */
const IDLE_MS = 200;
/** A quiet channel is looked at less often, but for what is new and may not wait. */
const LONGEST_WAIT_MS = 1_000;

/** How long to rest after a turn, and whether the channel is ours as before. */
export type TurnResult = { isStillOurs: boolean; restMs: number };

/** One look at what waits for a channel, and what is to be done about it. */
export async function takeTurn(world: ChannelWorld, lease: ChannelLease): Promise<TurnResult> {
  const { pool, rules, clock } = world;
  const now = clock.now();
  if (!(await isAnythingDue(pool, lease.channel, now))) return { isStillOurs: true, restMs: IDLE_MS };
  const { state, ...view } = await readChannel(pool, lease.channel, now);
  const choice = choose({ state, ...view }, rules, now);
  switch (choice.kind) {
    case 'hand_over': {
      const notices = await readOldest(pool, lease.channel, now);
      return { isStillOurs: await handOver(world, lease, [choice.to], notices), restMs: 0 };
    }
    case 'wait':
      return restUntil(choice.until, now);
    case 'send_critical':
      if (!(await isCriticalDue(pool, lease.channel, now))) return restUntil(choice.until, now);
  }
  const end = await deliver(world, lease, state, await readMessage(pool, lease.channel, now));
  if (end !== 'not_sent' || rules.fallback !== null) return { isStillOurs: end !== 'lease_lost', restMs: 0 };
  return { isStillOurs: await giveUpWhatIsOver(world, lease), restMs: 0 };
}

function restUntil(until: number, now: number): TurnResult {
  return { isStillOurs: true, restMs: Math.min(until - now, LONGEST_WAIT_MS) };
}
