import type { Notification } from '../notifications/notification.ts';

/** What a prepay call fixes about an order; a repeat must agree in all of it. Amounts in fen. */
export interface OrderTerms {
  readonly mchid: string;
  readonly appid: string;
  readonly outTradeNo: string;
  readonly description: string;
  readonly notifyUrl: string;
  readonly total: number;
  readonly attach: string | undefined;
  /** ms UTC. */
  readonly expiresAtMs: number;
}

/** What the payer's payment adds. */
export interface Payment {
  readonly transactionId: string;
  /** ms UTC. */
  readonly successTimeMs: number;
  readonly openid: string;
  readonly bankType: string;
}

export interface Order {
  readonly terms: OrderTerms;
  /** Canonical text of the request that made the order; a repeat with another one is refused. */
  readonly request: string;
  readonly codeUrl: string;
  readonly createdAtMs: number;
  payment: Payment | undefined;
  notification: Notification | undefined;
}

export type TradeState = 'NOTPAY' | 'SUCCESS';

export function tradeStateOf(order: Order): TradeState {
  return order.payment === undefined ? 'NOTPAY' : 'SUCCESS';
}
