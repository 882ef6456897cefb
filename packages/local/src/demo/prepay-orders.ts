import { systemClock } from '@payguard/shared/clock/clock';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { openWechatPayClients } from '@payguard/shared/wechatpay-api/open-clients';
import type { WechatPayClient } from '@payguard/shared/wechatpay-api/outcomes';
import { loadKeyRing } from '@payguard/shared/wechatpay-verify/key-ring';
import type { DemoTarget } from './demo-target.ts';
import type { PlannedOrder } from './plan-orders.ts';
import { runBounded } from './run-bounded.ts';

/** What one shop server would have under way; the simulator is one process and gains nothing from more. */
const CONCURRENCY = 16;
/** The simulator is not to be spared: the demo is about what comes after the orders. */
const REQUESTS_PER_SECOND = 1_000;

/** Prepays every order with signed calls, whose answers are verified. Throws at the first that is not prepaid. */
export async function prepayOrders(run: DemoTarget, orders: readonly PlannedOrder[], expiresAt: number): Promise<void> {
  const { client, close } = openClient(run);
  try {
    await runBounded(orders, CONCURRENCY, async (order) => {
      const outcome = await client.prepay({
        tradeType: 'native',
        appid: run.merchant.appid,
        outTradeNo: order.outTradeNo,
        amountTotal: order.amountTotal,
        description: `充值 ${order.points} 积分`,
        notifyUrl: run.gateway.callbackUrl,
        expiresAt,
      });
      if (outcome.outcome === 'prepaid') return;
      const why = outcome.outcome === 'refused' ? `${outcome.code}: ${outcome.message}` : outcome.reason;
      throw new Error(`WeChat Pay did not prepay ${order.outTradeNo} (${why}).`);
    });
  } finally {
    await close();
  }
}

function openClient({ simulator, merchant, merchantsFile, database }: DemoTarget): {
  client: WechatPayClient;
  close(): Promise<void>;
} {
  const merchants = loadMerchantsFile(merchantsFile);
  const keys = loadKeyRing(merchants);
  const pool = createDatabasePool({ url: database.url, connectionLimit: 2 });
  const clients = openWechatPayClients({
    merchants: merchants.map((entry) => ({ ...entry, requestsPerSecond: REQUESTS_PER_SECOND })),
    apiUrls: [simulator.url],
    keys: () => keys,
    clock: systemClock,
    log: createLogger('demo', 'silent'),
    budget: { pool, share: 'checkout' },
  });
  const client = clients.byMchid.get(merchant.mchid);
  if (client === undefined) throw new Error(`merchants.yaml has no private key for merchant ${merchant.mchid}.`);
  const close = async (): Promise<void> => {
    await clients.close();
    await pool.end();
  };
  return { client, close };
}
