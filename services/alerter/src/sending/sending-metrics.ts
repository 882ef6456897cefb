import type { SendOutcome } from '@payguard/shared/alerting/alert-message';
import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import { boundedCode } from './bounded-code.ts';

const OUTCOMES: readonly SendOutcome['kind'][] = ['sent', 'throttled', 'failed', 'refused'];
const NOTICE_OUTCOMES = ['sent', 'handed_over', 'given_up'] as const;
export const SHOP_OUTCOMES = ['sent', 'failed', 'given_up'] as const;
/** From a robot nearby to a mail server that takes all of its time-outs. */
const DELIVERY_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

export type SendingMetrics = {
  /** Begins an attempt; the answer ends it. */
  startDelivery(channel: string): (outcome: SendOutcome) => void;
  noticesEnded(channel: string, outcome: (typeof NOTICE_OUTCOMES)[number], count: number): void;
  channelFailing(channel: string, isFailing: boolean): void;
  shopNotified(outcome: (typeof SHOP_OUTCOMES)[number]): void;
};

export function createSendingMetrics(registry: Registry, channels: Iterable<string>): SendingMetrics {
  const registers = [registry];
  const deliveries = new Counter({
    name: 'payguard_alert_deliveries_total',
    help: 'Attempts to send a message, by channel and outcome',
    labelNames: ['channel', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'payguard_alert_delivery_duration_seconds',
    help: 'One attempt to send a message, by channel',
    labelNames: ['channel'],
    buckets: DELIVERY_BUCKETS_S,
    registers,
  });
  const errors = new Counter({
    name: 'payguard_alert_delivery_errors_total',
    help: "Attempts that did not succeed, by channel and the receiver's code",
    labelNames: ['channel', 'code'],
    registers,
  });
  const notices = new Counter({
    name: 'payguard_alert_notices_total',
    help: 'Pieces of news by how they ended: sent, handed over to the fallback channel, or given up',
    labelNames: ['channel', 'outcome'],
    registers,
  });
  const failing = new Gauge({
    name: 'payguard_alert_channel_failing',
    help: '1 while the last attempt on the channel did not succeed',
    labelNames: ['channel'],
    registers,
  });
  const shop = new Counter({
    name: 'payguard_shop_notifications_total',
    help: 'Attempts to tell the shop of a credit, by outcome; given_up: the last attempt, after days of failures',
    labelNames: ['outcome'],
    registers,
  });
  for (const channel of channels) {
    for (const outcome of OUTCOMES) deliveries.inc({ channel, outcome }, 0);
    for (const outcome of NOTICE_OUTCOMES) notices.inc({ channel, outcome }, 0);
    errors.inc({ channel, code: 'other' }, 0);
    duration.zero({ channel });
    failing.set({ channel }, 0);
  }
  for (const outcome of SHOP_OUTCOMES) shop.inc({ outcome }, 0);

  return {
    startDelivery(channel) {
      const end = duration.startTimer({ channel });
      return (outcome) => {
        end();
        deliveries.inc({ channel, outcome: outcome.kind });
        if (outcome.kind !== 'sent') errors.inc({ channel, code: boundedCode(outcome.code) });
      };
    },
    noticesEnded: (channel, outcome, count) => notices.inc({ channel, outcome }, count),
    channelFailing: (channel, isFailing) => failing.set({ channel }, isFailing ? 1 : 0),
    shopNotified: (outcome) => shop.inc({ outcome }),
  };
}
