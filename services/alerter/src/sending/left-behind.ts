import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import { repeatEvery } from '@payguard/shared/clock/repeat-every';
import { handOverAbandoned, WHENEVER } from './abandoned-channels.ts';
import type { ChannelWorld } from './channel-world.ts';
import { giveUpUntold } from './shop/give-up-untold.ts';

/** Again and again: pods of an older release, or of an older alerts.yaml, write on for a while. */
const EVERY_MS = 60_000;
/** Nobody tells the shop of what has been due for so long: no pod has a shop in its alerts.yaml. */
const UNTOLD_FOR_MS = 10 * 60_000;

type World = Pick<ChannelWorld, 'pool' | 'clock' | 'metrics' | 'log' | 'stopping'>;

/** Takes care, until stopped, of what an older alerts.yaml has left for receivers that this one does not have. */
export function clearWhatIsLeftBehind(world: World, alerts: AlertsFile, token: string): void {
  const { pool, clock, log, stopping } = world;
  repeatEvery(EVERY_MS, stopping, log, 'hand over news of channels that are no more', () =>
    handOverAbandoned(world, alerts, token),
  );
  if (alerts.shop !== undefined) return;
  let isFirst = true;
  repeatEvery(EVERY_MS, stopping, log, 'give up news of credits without a shop', async () => {
    const now = clock.now();
    const ended = await giveUpUntold(pool, isFirst ? WHENEVER : now - UNTOLD_FOR_MS, now);
    isFirst = false;
    if (ended > 0) log.warn({ notifications: ended }, 'no shop webhook is configured: news of credits given up');
  });
}
