import type { AlertChannel } from '@payguard/shared/alerting/alert-message';
import type { ChannelRules } from './choose.ts';
import type { SendingWorld } from './sending-world.ts';

/** What the loop of one channel works with. */
export type ChannelWorld = SendingWorld & { channel: AlertChannel; rules: ChannelRules };
