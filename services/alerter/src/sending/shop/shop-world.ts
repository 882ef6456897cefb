import type { SendingWorld } from '../sending-world.ts';
import type { ShopWebhook } from './open-shop-webhook.ts';

/** The name of its deliveries among those of the channels. */
export const SHOP_CHANNEL = 'shop';

/** What the loop that tells the shop works with. */
export type ShopWorld = SendingWorld & { webhook: ShopWebhook };
