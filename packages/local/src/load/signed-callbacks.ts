import { createPrivateKey, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { buildTransactionNotification } from 'wechatpay-simulator/notifications/build-notification';
import { signNotification } from 'wechatpay-simulator/notifications/sign-notification';
import { paidTransaction } from 'wechatpay-simulator/orders/transaction';

/** What a notification is made and signed with. */
export type SigningMerchant = {
  mchid: string;
  appid: string;
  apiV3Key: string;
  platform: { serial: string; privateKeyPem: string };
};

export type SignedCallback = { headers: Record<string, string>; body: Buffer };

/** A really signed notification; valid for 300 s from now. */
export async function signCallback(
  merchant: SigningMerchant,
  order: { outTradeNo: string; total: number; transactionId: string },
): Promise<SignedCallback> {
  const transaction = paidTransaction(
    {
      mchid: merchant.mchid,
      appid: merchant.appid,
      outTradeNo: order.outTradeNo,
      total: order.total,
      attach: undefined,
    },
    {
      transactionId: order.transactionId,
      successTimeMs: Date.now(),
      openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      bankType: 'OTHERS',
    },
  );
  const body = buildTransactionNotification(transaction, {
    apiV3Key: merchant.apiV3Key,
    id: randomUUID(),
    createdAtMs: Date.now(),
  });
  const key = createPrivateKey(merchant.platform.privateKeyPem);
  return {
    headers: { ...(await signNotification(key, merchant.platform.serial, body, Date.now())) },
    body: Buffer.from(body),
  };
}

export type CallbackSender = { send(callback: SignedCallback): Promise<number>; close(): void };

/** Sends callbacks over kept-alive connections; answers the HTTP status. */
export function createCallbackSender(url: string, connections: number): CallbackSender {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    send: ({ headers, body }) =>
      new Promise((resolve, reject) => {
        const outgoing = request(
          url,
          { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } },
          (answer) => {
            answer.resume();
            answer.on('end', () => resolve(answer.statusCode ?? 0));
          },
        );
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}
