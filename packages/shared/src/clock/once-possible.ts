import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../telemetry/logger.ts';
import { untilAborted } from './until-aborted.ts';

const RETRY_MS = 500;

/**
 * Waits until nothing is in the way (schema, topics, a connection): an order of start-up is nobody's duty, pods start as
 * they like. `findObstacle` names what is missing, or throws. Says in the log what it waits for. False when aborted.
 */
export async function oncePossible(
  findObstacle: () => Promise<string | undefined>,
  signal: AbortSignal,
  log: Logger,
): Promise<boolean> {
  let told = '';
  while (!signal.aborted) {
    // A connection to what is away may try for ever, also when told to stop.
    const obstacle = await untilAborted(findObstacle(), signal).catch(textOf);
    if (obstacle === undefined) return true;
    if (signal.aborted) return false;
    if (obstacle !== told) log.warn({ obstacle }, 'waiting');
    told = obstacle;
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

function textOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
