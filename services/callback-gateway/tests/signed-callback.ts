import { createPrivateKey, randomUUID } from 'node:crypto';
import type { MerchantDescription } from 'wechatpay-simulator/control/describe-merchant';
import { buildTransactionNotification } from 'wechatpay-simulator/notifications/build-notification';
import { encryptResource } from 'wechatpay-simulator/notifications/encrypt-resource';
import { signNotification } from 'wechatpay-simulator/notifications/sign-notification';
import { paidTransaction } from 'wechatpay-simulator/orders/transaction';

export const PAYER = 'oUpF8uMuAJO_marked_payer';

export type SignedCallback = { headers: Record<string, string>; body: string };

let counter = 0;

export function newOrderNumber(): string {
  counter += 1;
  return `ORDER_${process.pid}_${counter}`;
}

/** The body of a payment's notification; `changes` overwrite fields of the sealed transaction. */
export function paymentBody(
  merchant: MerchantDescription,
  outTradeNo: string,
  changes: Record<string, unknown> = {},
): string {
  const payment = {
    transactionId: `42000${outTradeNo}`.slice(0, 32),
    successTimeMs: Date.now(),
    openid: PAYER,
    bankType: 'OTHERS',
  };
  const terms = { mchid: merchant.mchid, appid: merchant.appid, outTradeNo, total: 990, attach: undefined };
  const transaction = { ...paidTransaction(terms, payment), ...changes };
  const envelope = { apiV3Key: merchant.apiV3Key, id: randomUUID(), createdAtMs: Date.now() };
  return buildTransactionNotification(transaction, envelope);
}

/** The body of a refund's notification (page 4012791865). */
export function refundBody(merchant: MerchantDescription, outTradeNo: string, status = 'SUCCESS'): string {
  const nonce = 'abcdefghijkl';
  const refund = {
    mchid: merchant.mchid,
    out_trade_no: outTradeNo,
    transaction_id: '4200002740202507127224774049',
    out_refund_no: `R_${outTradeNo}`,
    refund_id: '50000000382019052709732678859',
    refund_status: status,
    ...(status === 'SUCCESS' ? { success_time: '2025-07-13T10:00:00+08:00' } : {}),
    user_received_account: '招商银行信用卡0403',
    amount: { total: 990, refund: 90, payer_total: 990, payer_refund: 90 },
  };
  return JSON.stringify({
    id: randomUUID(),
    create_time: '2025-07-13T10:00:00+08:00',
    resource_type: 'encrypt-resource',
    event_type: `REFUND.${status}`,
    summary: '退款成功',
    resource: {
      original_type: 'refund',
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: encryptResource(merchant.apiV3Key, JSON.stringify(refund), 'refund', nonce),
      associated_data: 'refund',
      nonce,
    },
  });
}

/** Signs these bytes as WeChat Pay does for the merchant, with the certificate's key or the public key's. */
export async function signedBy(
  merchant: MerchantDescription,
  body: string,
  how: { key?: 'certificate' | 'public-key'; at?: number; headers?: Record<string, string> } = {},
): Promise<SignedCallback> {
  const [pem, serial] =
    how.key === 'public-key'
      ? [merchant.publicKey.privateKeyPem, merchant.publicKey.id]
      : [merchant.platform.privateKeyPem, merchant.platform.serial];
  const signed = await signNotification(createPrivateKey(pem), serial, body, how.at ?? Date.now());
  return { headers: { ...signed, ...how.headers }, body };
}
