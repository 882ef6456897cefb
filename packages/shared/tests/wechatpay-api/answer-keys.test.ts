import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWorld, type World } from './wechatpay-world.ts';

// A merchant that moves from platform certificates to WeChat Pay's public key: both sign, and an answer is signed by what
// the request asks for (page 4012154180).
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

it.each([
  ['platform certificates', (id: string) => !id.startsWith('PUB_KEY_ID_')],
  ['the public key', (id: string) => id.startsWith('PUB_KEY_ID_')],
  ['both', () => true],
])('a merchant that holds %s gets answers that it can verify', async (_what, isHeld) => {
  const keys = new Map([...world.keys].filter(([id]) => isHeld(id)));
  expect(keys.size).toBeGreaterThan(0);
  const { client, attempts } = world.openClient({ keys });
  world.simulator.createOrder({ outTradeNo: 'KEYS_0001', total: 100, notifyUrl: 'https://shop.example/callback' });
  expect(await client.queryOrder('KEYS_0001')).toMatchObject({ outcome: 'found' });
  expect(attempts).toHaveLength(1);
});

it('a merchant whose certificate was replaced under its feet trusts no answer until it has the new one', async () => {
  const { client } = world.openClient({ keys: new Map() });
  expect(await client.queryOrder('KEYS_0001')).toMatchObject({ outcome: 'unavailable', reason: 'untrusted' });
});
