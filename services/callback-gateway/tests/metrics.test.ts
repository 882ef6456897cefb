import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { checkMetrics } from '../../../packages/shared/tests/telemetry/promtool.ts';
import type {} from '../../../tests/setup/global-servers.ts';
import { type GatewayWorld, openGatewayWorld } from './gateway-world.ts';

let world: GatewayWorld;
beforeAll(async () => {
  world = await openGatewayWorld({ brokers: inject('kafkaBrokers') });
});
afterAll(() => world.stop());

describe('the metrics of the gateway', () => {
  it('say when each platform certificate ends; public keys have no end', async () => {
    const text = await (await fetch(`${world.operationsUrl}/metrics`)).text();
    const name = 'payguard_verification_key_expiry_timestamp_seconds';
    const ends = text.split('\n').filter((line) => line.startsWith(`${name}{`));
    expect(ends.length).toBeGreaterThan(0);
    for (const line of ends) {
      expect(line).toMatch(/mchid="\d+",serial="[0-9A-F]+",service="callback-gateway"\} \d+$/);
      expect(Number(line.split(' ').at(-1))).toBeGreaterThan(Date.now() / 1000);
    }
  });

  it('are what promtool would have them be', async () => {
    expect((await checkMetrics(world.operationsUrl)) ?? '').toBe('');
  });
});
