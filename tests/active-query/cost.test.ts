import { expect, inject, it } from 'vitest';
import { addIdleOrders, costText, measureRun } from './cost-run.ts';
import { openPollWorld } from './poll-world.ts';
import { addUsers, putInOrders } from './put-in-orders.ts';

const DUE = 200;
const SIZES = [10_000, 100_000];
const MAX_GROWTH = 1.2;
const MAX_RSS_MIB = 150;
const TIMEOUT_MS = 120_000;

it(
  'a run of poll costs the same whether 10,000 or 100,000 orders are not due, in at most 150 MiB',
  async () => {
    const servers = { brokers: inject('kafkaBrokers'), databaseUrl: inject('databaseUrl') };
    const world = await openPollWorld({ servers, speed: 1, requestsPerSecond: 500 });
    try {
      await addUsers(world);
      const now = world.simulator.clock.now();
      const due = Array.from({ length: DUE }, (_, n) => ({
        ...{ outTradeNo: `DUE_${String(n).padStart(4, '0')}`, createdAt: now - 5 * 60_000, nextCheckAt: now },
      }));
      await putInOrders(world, due);
      const costs = [];
      for (const [n, size] of SIZES.entries()) {
        await addIdleOrders(world, SIZES[n - 1] ?? 0, size);
        const cost = await measureRun(
          world,
          size,
          due.map(({ outTradeNo }) => outTradeNo),
        );
        console.log(`cost of a run, ${costText(cost)}`);
        expect(cost).toMatchObject({ asked: DUE });
        expect(cost.peakRssMiB).toBeLessThanOrEqual(MAX_RSS_MIB);
        costs.push(cost);
      }
      const [small, large] = costs;
      expect((large?.reads ?? 0) / (small?.reads ?? 1)).toBeLessThanOrEqual(MAX_GROWTH);
      expect((large?.writes ?? 0) / (small?.writes ?? 1)).toBeLessThanOrEqual(MAX_GROWTH);
    } finally {
      await world.stop();
    }
  },
  TIMEOUT_MS,
);
