import type { Clock } from '../clock/clock.ts';
import type { AttemptPlan } from '../faults/plan-attempt.ts';
import { notifyUrlOf } from './notice.ts';
import type { Attempt } from './notification.ts';
import type { NotificationPoster } from './post-notification.ts';
import { type NotificationToWrite, writeNotification } from './write-notification.ts';

export interface SendDeps {
  readonly clock: Clock;
  readonly poster: NotificationPoster;
  readonly seed: string;
}

export type SendPlan = Extract<AttemptPlan, { kind: 'send' }>;
export type Send = Omit<Attempt, 'number'>;

export const NOT_SENT = { sent: false, status: undefined, ms: 0, error: undefined } as const;

/**
 * Makes the sends of one attempt and gives them back in their order, whichever was answered first. Those whose turn comes
 * when `isWanted` no longer holds are not sent.
 */
export async function sendCopies(
  deps: SendDeps,
  written: NotificationToWrite,
  plan: SendPlan,
  isWanted: () => boolean,
): Promise<Send[]> {
  const send = async (copy: 1 | 2): Promise<Send> => {
    const atMs = deps.clock.now();
    const { fault } = plan;
    if (!isWanted()) return { copy, atMs, fault, ...NOT_SENT };
    const signed = await writeNotification(deps.seed, written, plan.forgery, atMs);
    const { status, ms, error } = await deps.poster.post(notifyUrlOf(written.notice), signed);
    return { copy, atMs, fault, sent: true, status, ms, error };
  };
  switch (plan.copies) {
    case 'one':
      return [await send(1)];
    case 'two_in_turn':
      return [await send(1), await send(2)];
    case 'two_at_once':
      return Promise.all([send(1), send(2)]);
  }
}
