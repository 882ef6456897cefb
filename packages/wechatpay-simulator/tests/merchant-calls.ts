import type { MerchantDescription } from '../src/control/describe-merchant.ts';
import type { PayRequest } from '../src/orders/pay-order.ts';
import { type CallAnswer, type CallOptions, callApi, prepayBody } from './merchant-client.ts';
import type { Scene } from './simulated-merchant.ts';

export type PrepayKind = 'native' | 'jsapi' | 'app' | 'h5';

/** What each kind of prepay needs beside the fields of all. */
const NEEDED = {
  native: {},
  app: {},
  jsapi: { payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' } },
  h5: { scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } } },
} as const;

/** A merchant's server: calls the API with the simulator's time on its clock. */
export class MerchantCalls {
  readonly #scene: Scene;
  readonly merchant: MerchantDescription;

  constructor(scene: Scene, merchant: MerchantDescription = scene.merchant) {
    this.#scene = scene;
    this.merchant = merchant;
  }

  call(path: string, options: CallOptions = {}): Promise<CallAnswer> {
    const { apiUrl, clock } = this.#scene.simulator;
    return callApi(apiUrl, path, this.merchant, { nowMs: clock.now(), ...options });
  }

  /** 100 fen unless `changes` say otherwise. */
  prepay(kind: PrepayKind, outTradeNo: string, changes: Record<string, unknown> = {}): Promise<CallAnswer> {
    const body = { ...prepayBody(this.merchant, outTradeNo, this.#scene.receiver.url), ...NEEDED[kind], ...changes };
    return this.call(`/v3/pay/transactions/${kind}`, { body });
  }

  query(outTradeNo: string): Promise<CallAnswer> {
    return this.call(`/v3/pay/transactions/out-trade-no/${outTradeNo}?mchid=${this.merchant.mchid}`);
  }

  close(outTradeNo: string, body: unknown = { mchid: this.merchant.mchid }): Promise<CallAnswer> {
    return this.call(`/v3/pay/transactions/out-trade-no/${outTradeNo}/close`, { body });
  }

  /** Of an order of 100 fen, without a notify_url, unless `changes` say otherwise. */
  refund(outTradeNo: string, outRefundNo: string, fen: number, changes: Record<string, unknown> = {}) {
    const amount = { refund: fen, total: 100, currency: 'CNY' };
    const body = { out_trade_no: outTradeNo, out_refund_no: outRefundNo, amount, ...changes };
    return this.call('/v3/refund/domestic/refunds', { body });
  }

  queryRefund(outRefundNo: string): Promise<CallAnswer> {
    return this.call(`/v3/refund/domestic/refunds/${outRefundNo}`);
  }

  /** An order of 100 fen, paid; its notification is lost. Returns the transaction_id. */
  makePaid(outTradeNo: string, payment: Omit<PayRequest, 'outTradeNo'> = {}): string {
    const { simulator } = this.#scene;
    const { mchid } = this.merchant;
    simulator.createOrder({ outTradeNo, mchid, total: 100, notifyUrl: this.#scene.receiver.url });
    const paid = simulator.pay({ outTradeNo, mchid, faults: [{ kind: 'lost' }], ...payment });
    if (paid.kind !== 'paid') throw new Error(`order not paid: ${paid.kind}`);
    return paid.transactionId;
  }
}
