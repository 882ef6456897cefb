import { createCipheriv, createHash } from 'node:crypto';
import type { FinalRefundStatus, Refund } from '../refunds/refund.ts';

export interface V2Envelope {
  /** 32 characters; the key of the old API, which has nothing to do with the APIv3 key. */
  readonly apiV2Key: string;
  /** 32 characters. */
  readonly nonce: string;
}

/**
 * The XML by which the old API tells the result of a refund: `req_info` is AES-256-ECB under the MD5 of the v2 key, and
 * nothing is signed (pay.weixin.qq.com/wiki/doc/api 退款结果通知). An APIv3 merchant meets it for refunds made by hand in
 * the merchant platform (page 4013071200), and must neither believe it nor answer success.
 */
export function buildV2RefundNotification(refund: Refund, status: FinalRefundStatus, envelope: V2Envelope): string {
  const { order } = refund;
  const fields = { appid: order.terms.appid, mch_id: order.terms.mchid, nonce_str: envelope.nonce };
  const info = toXml(infoOf(refund, status), 'root');
  return toXml({ return_code: 'SUCCESS', ...fields, req_info: seal(info, envelope.apiV2Key) });
}

const V2_STATUSES = { SUCCESS: 'SUCCESS', CLOSED: 'REFUNDCLOSE', ABNORMAL: 'CHANGE' } as const;

function infoOf(refund: Refund, status: FinalRefundStatus): Record<string, string> {
  const { order, terms } = refund;
  return {
    transaction_id: order.payment?.transactionId ?? '',
    out_trade_no: order.terms.outTradeNo,
    refund_id: refund.refundId,
    out_refund_no: terms.outRefundNo,
    total_fee: String(terms.total),
    refund_fee: String(terms.refund),
    settlement_refund_fee: String(terms.refund - refund.discountRefund),
    refund_status: V2_STATUSES[status],
    refund_recv_accout: '支付用户零钱',
    refund_account: 'REFUND_SOURCE_RECHARGE_FUNDS',
    refund_request_source: terms.origin === 'api' ? 'API' : 'VENDOR_PLATFORM',
  };
}

function seal(plaintext: string, apiV2Key: string): string {
  const key = createHash('md5').update(apiV2Key).digest('hex');
  const cipher = createCipheriv('aes-256-ecb', Buffer.from(key, 'utf8'), null);
  return Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]).toString('base64');
}

function toXml(fields: Record<string, string>, root = 'xml'): string {
  const lines = Object.entries(fields).map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`);
  return `<${root}>${lines.join('')}</${root}>`;
}
