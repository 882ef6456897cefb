import Pay from 'wechatpay-node-v3';
import type { Ih5 } from 'wechatpay-node-v3/dist/lib/interface.js';
import { z } from 'zod';

const builtSchema = z.object({ method: z.enum(['GET', 'POST']), target: z.string(), body: z.string() });

/**
 * What goes over the wire, but for the headers: path and query as they are sent, and the body's text ('' for none), the
 * same at every repeat.
 */
export type BuiltRequest = z.infer<typeof builtSchema>;

type PrepayFields = {
  appid: string;
  out_trade_no: string;
  description: string;
  /** RFC 3339. */
  time_expire: string;
  notify_url: string;
  attach?: string;
  amount: { total: number; currency: 'CNY' };
};

type SceneFields = { payer_client_ip: string; h5_info: { type: string } };

export type RefundFields = {
  transaction_id: string;
  out_refund_no: string;
  reason?: string;
  notify_url: string;
  amount: { refund: number; total: number; currency: 'CNY' };
};

/** What our http service answers for the package, handed through by it. */
type Built = Promise<{ data?: unknown }>;

/**
 * The part of wechatpay-node-v3 that is safe to use: it knows the paths and the merchant's own fields. What it would do
 * with keys, answers and the network is ours (its signatures have Math.random nonces, its http no time-out).
 */
export type RequestBuilder = {
  transactions_native(fields: PrepayFields): Built;
  transactions_app(fields: PrepayFields): Built;
  transactions_jsapi(fields: PrepayFields & { payer: { openid: string } }): Built;
  /** The package's type wants the name of the shop's app as well, WeChat Pay does not. */
  transactions_h5(fields: Omit<Ih5, 'scene_info'> & { scene_info: SceneFields }): Built;
  query(fields: { out_trade_no: string }): Built;
  close(outTradeNo: string): Built;
  refunds(fields: RefundFields): Built;
  find_refunds(outRefundNo: string): Built;
};

/** The package has it in every URL; where a request goes is decided when it is sent. */
const BUILT_FOR = 'https://api.mch.weixin.qq.com';
/** The package reports what its http service answers, and signs for the payer when that is a 200 with a prepay_id. */
const NOT_SENT = 0;

/** Builds a merchant's requests and sends none. */
export function createRequestBuilder(mchid: string): RequestBuilder {
  return new UnsignedPay(mchid);
}

/** The request that a method of the builder makes. Throws when it makes none, which would be our mistake. */
export async function buildRequest(building: Built): Promise<BuiltRequest> {
  return builtSchema.parse((await building).data);
}

class UnsignedPay extends Pay {
  constructor(mchid: string) {
    const unused = Buffer.from('unused');
    super({ appid: '', mchid, serial_no: 'unused', publicKey: unused, privateKey: unused });
    this.createHttp({
      get: async (url) => ({ status: NOT_SENT, data: { method: 'GET', target: targetOf(url), body: '' } }),
      post: async (url, fields) => ({
        status: NOT_SENT,
        data: { method: 'POST', target: targetOf(url), body: JSON.stringify(fields) },
      }),
      upload: () => Promise.reject(new Error('nothing is uploaded to WeChat Pay')),
    });
  }

  protected override buildAuthorization(): string {
    return '';
  }
}

/** Encoded as it will be sent, which is what has to be signed: the package leaves `|` as it is. */
function targetOf(url: string): string {
  if (!url.startsWith(`${BUILT_FOR}/`)) throw new Error(`wechatpay-node-v3 builds for another host: ${url}`);
  return encodeURI(url.slice(BUILT_FOR.length));
}
