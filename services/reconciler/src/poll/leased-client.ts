import type { Clock } from '@payguard/shared/clock/clock';
import type { RefundOutcome, Unavailable, WechatPayClient } from '@payguard/shared/wechatpay-api/outcomes';
import { type Lease, RENEW_BELOW_MS } from './lease.ts';

/** The same as a request that found no slot: nothing was sent, nothing may be concluded. */
const NOT_SENT: Unavailable = {
  outcome: 'unavailable',
  reason: 'no_budget',
  status: null,
  code: null,
  requestId: null,
};

export type Holding = {
  lease: Lease;
  clock: Clock;
  /** Takes a new lease; false when the row is somebody else's now. */
  renew(): Promise<boolean>;
  /** Nothing more is sent once it is aborted. */
  stop: AbortSignal;
};

/** A merchant's client that sends nothing for a row that is no longer ours: its lease is renewed before it runs short. */
export function leasedClient(client: WechatPayClient, holding: Holding): WechatPayClient {
  const whileHeld = async <T>(call: () => Promise<T>): Promise<T | Unavailable> =>
    (await stillHeld(holding)) ? call() : NOT_SENT;
  return {
    mchid: client.mchid,
    queryOrder: (outTradeNo) => whileHeld(() => client.queryOrder(outTradeNo)),
    closeOrder: (outTradeNo) => whileHeld(() => client.closeOrder(outTradeNo)),
    prepay: (request) => whileHeld(() => client.prepay(request)),
    sendRefund: (request) => whileHeld(() => client.sendRefund(request)),
    queryRefund: (outRefundNo) => whileHeld(() => client.queryRefund(outRefundNo)),
  };
}

/**
 * A client that asks about refunds and sends none: for one that WeChat Pay itself told of (made by hand in the merchant
 * platform), where sending it again under its number would be a second refund.
 */
export function askingOnly(client: WechatPayClient): WechatPayClient {
  const notThere: RefundOutcome = { outcome: 'not_exist', requestId: null };
  return {
    mchid: client.mchid,
    queryOrder: (outTradeNo) => client.queryOrder(outTradeNo),
    closeOrder: (outTradeNo) => client.closeOrder(outTradeNo),
    prepay: (request) => client.prepay(request),
    sendRefund: () => Promise.resolve(notThere),
    queryRefund: (outRefundNo) => client.queryRefund(outRefundNo),
  };
}

async function stillHeld({ lease, clock, renew, stop }: Holding): Promise<boolean> {
  if (stop.aborted) return false;
  if (lease.until - clock.now() >= RENEW_BELOW_MS) return true;
  // Without the database nobody knows whose it is.
  return renew().catch(() => false);
}
