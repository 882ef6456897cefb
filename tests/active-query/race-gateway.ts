import { buildApp, CALLBACK_PATH } from '@payguard/callback-gateway/app';
import { createGatewayMetrics } from '@payguard/callback-gateway/metrics';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { createMetricsRegistry } from '@payguard/shared/telemetry/metrics';
import { watchKeyRing } from '@payguard/shared/wechatpay-verify/watch-key-ring';
import type { StormWorld } from './storm-world.ts';

const MAX_IN_FLIGHT = 500;

export function callbackUrl(port: number): string {
  return `http://127.0.0.1:${port}${CALLBACK_PATH}`;
}

/** The real gateway in front of a world, on its clock. */
export async function openRaceGateway(world: StormWorld, port: number): Promise<{ close(): Promise<void> }> {
  const log = createLogger('race', 'silent');
  const keyRing = watchKeyRing(loadMerchantsFile(world.merchantsFile), log);
  const app = buildApp({
    ...{ log, clock: world.simulator.clock, publisher: world.publisher, maxInFlight: MAX_IN_FLIGHT, trustedProxies: 0 },
    keys: () => keyRing.current(),
    metrics: createGatewayMetrics(createMetricsRegistry('callback-gateway'), world.publisher),
    callbackLog: { add: () => undefined, close: async () => undefined },
    ready: () => ({ ok: true }),
  });
  await app.listen({ host: '127.0.0.1', port });
  return {
    async close() {
      await app.close();
      keyRing.close();
    },
  };
}
