import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { systemClock } from '@payguard/shared/clock/clock';
import { prepayNative, type WechatPayApi } from '@payguard/shared/wechatpay-api/prepay-native';
import type { RunJson } from '../system/run-file.ts';
import type { PlannedOrder } from './plan-orders.ts';
import { runBounded } from './run-bounded.ts';

/** What one shop server would have under way; the simulator is one process and gains nothing from more. */
const CONCURRENCY = 16;

/** Prepays every order with signed calls, whose answers are verified. Throws at the first refusal. */
export async function prepayOrders(run: RunJson, orders: readonly PlannedOrder[], expiresAt: number): Promise<void> {
  const api = openApi(run);
  await runBounded(orders, CONCURRENCY, async (order) => {
    const outcome = await prepayNative(api, {
      appid: run.merchant.appid,
      outTradeNo: order.outTradeNo,
      amountTotal: order.amountTotal,
      description: `充值 ${order.points} 积分`,
      notifyUrl: run.gateway.callbackUrl,
      expiresAt,
    });
    if (outcome.outcome === 'refused') {
      throw new Error(`WeChat Pay refused to prepay ${order.outTradeNo} (${outcome.code}: ${outcome.message}).`);
    }
  });
}

function openApi({ simulator, merchant, wechatpay }: RunJson): WechatPayApi {
  const keys = new Map<string, KeyObject>();
  for (const file of readdirSync(wechatpay.verificationKeysDir)) {
    keys.set(basename(file, '.pem'), createPublicKey(readFileSync(join(wechatpay.verificationKeysDir, file))));
  }
  return {
    baseUrl: simulator.url,
    credentials: {
      mchid: merchant.mchid,
      serialNo: merchant.serialNo,
      privateKey: createPrivateKey(readFileSync(merchant.privateKeyFile)),
    },
    verificationKey: (serial) => keys.get(serial),
    clock: systemClock,
  };
}
