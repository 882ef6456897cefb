import type { ChannelLease } from './channel-lease.ts';
import { readChannel } from './channel-rows.ts';
import type { ChannelWorld } from './channel-world.ts';
import { choose } from './choose.ts';
import { deliver } from './deliver.ts';
import { giveUp, handOver } from './hand-over.ts';
import { isAnythingDue, readWaitingNotices } from './waiting-notices.ts';

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
  const [notices, channel] = await Promise.all([
    readWaitingNotices(pool, lease.channel, now),
    readChannel(pool, lease.channel, now),
  ]);
  const choice = choose({ notices, ...channel }, rules, now);
  switch (choice.kind) {
    case 'nothing':
      return { isStillOurs: true, restMs: IDLE_MS };
    case 'wait':
      return { isStillOurs: true, restMs: Math.min(choice.until - now, LONGEST_WAIT_MS) };
    case 'send':
      return { isStillOurs: await deliver(world, lease, channel.state, choice.notices), restMs: 0 };
    case 'hand_over':
      return { isStillOurs: await handOver(world, lease, choice.to, choice.notices), restMs: 0 };
    case 'give_up':
      return { isStillOurs: await giveUp(world, lease, choice.notices), restMs: 0 };
  }
}
