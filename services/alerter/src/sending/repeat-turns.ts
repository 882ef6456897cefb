import { setTimeout as delay } from 'node:timers/promises';
import type { SendingWorld } from './sending-world.ts';

/** After an error, which is nearly always a database that is away. */
const ERROR_MS = 1_000;

/** Takes turns until stopped; each answers how long to rest after it, in ms. One that fails is told of and ends nothing. */
export async function repeatTurns(
  { stopping, onTurn }: Pick<SendingWorld, 'stopping' | 'onTurn'>,
  tellError: (err: unknown) => void,
  turn: () => Promise<number>,
): Promise<void> {
  while (!stopping.aborted) {
    const restMs = await turn().catch((err: unknown) => {
      if (!stopping.aborted) tellError(err);
      return ERROR_MS;
    });
    onTurn();
    if (restMs > 0) await delay(restMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}
