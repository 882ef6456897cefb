import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@payguard/shared/clock/clock';
import type { Merchant } from '@payguard/shared/config/merchants-file';
import type { PrepayRequest } from '@payguard/shared/wechatpay-api/outcomes';
import { type KeyRing, loadKeyRing } from '@payguard/shared/wechatpay-verify/key-ring';
import { createSimulator, type Simulator, type SimulatorOptions } from 'wechatpay-simulator';
import {
  type ClientWish,
  merchantWith,
  NOTIFY_URL,
  type OpenedClient,
  openBudgetDatabase,
  openTestClient,
} from './open-test-client.ts';

export type World = OpenedClient & {
  simulator: Simulator;
  /** Simulated, as merchants.yaml gives it to the shop. */
  merchant: Merchant;
  keys: KeyRing;
  /** Another client of the same merchant. */
  openClient(wish: Partial<ClientWish>): OpenedClient;
};

/** A simulator in this process on the real clock, and a client of its merchant. */
export async function openWorld(options: SimulatorOptions = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-api-'));
  const database = await openBudgetDatabase();
  // It writes its public key beside its certificates; only a merchant that is on the way to it may ask for that one.
  const merchants: SimulatorOptions['merchants'] = [{ mchid: '1900000001', mode: 'rotating' }];
  const simulator = await createSimulator({ keysDir: folder, merchants, ...options });
  await simulator.listen();
  const merchant = describeMerchant(simulator, folder);
  const keys = loadKeyRing([merchant]);
  const opened: OpenedClient[] = [];
  const openClient = (wish: Partial<ClientWish>): OpenedClient => {
    const client = openTestClient(database, { merchant, keys, apiUrls: [simulator.apiUrl], ...wish });
    opened.push(client);
    return client;
  };
  return {
    ...{ simulator, merchant, keys, openClient },
    ...openClient({}),
    async close() {
      for (const client of opened) await client.close();
      await simulator.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    },
  };
}

function describeMerchant(simulator: Simulator, folder: string): Merchant {
  const [described] = simulator.merchants;
  if (described === undefined || described.paths === null) throw new Error('a simulator with keysDir has paths');
  const apiV3KeyFile = join(folder, 'apiv3.key');
  writeFileSync(apiV3KeyFile, described.apiV3Key);
  return merchantWith(described.mchid, described.appid, {
    apiV3KeyFile,
    verificationKeysDir: described.paths.verification,
    privateKeyFile: described.paths.privateKey,
    certificateSerial: described.serialNo,
  });
}

/** A Native order of one yuan, good for an hour. */
export function nativeOrder(world: World, outTradeNo: string): PrepayRequest & { tradeType: 'native' } {
  return {
    tradeType: 'native',
    appid: world.merchant.appids[0] ?? '',
    outTradeNo,
    description: '充值 100 积分',
    amountTotal: 100,
    expiresAt: systemClock.now() + 3_600_000,
    notifyUrl: NOTIFY_URL,
  };
}

/** Made and paid at the simulator, which tells nobody; answers the transaction id. */
export function payAtSimulator({ simulator }: World, outTradeNo: string): string {
  simulator.createOrder({ outTradeNo, total: 100, notifyUrl: NOTIFY_URL });
  simulator.setFaults(outTradeNo, [{ kind: 'lost' }]);
  const paid = simulator.pay({ outTradeNo });
  if (paid.kind !== 'paid') throw new Error(`not paid: ${paid.kind}`);
  return paid.transactionId;
}
