import { describe, expect, it, vi } from 'vitest';
import { callControl } from './control-client.ts';
import { MerchantCalls } from './merchant-calls.ts';
import { openScene, payOne } from './simulated-merchant.ts';

const START_MS = Date.parse('2025-07-12T00:57:19+08:00');
const MINUTE_MS = 60_000;

describe('an outage of the API', () => {
  it('answers 503 SERVICE_UNAVAILABLE from its first moment to its last, and carries nothing out', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: START_MS });
    const { simulator } = scene;
    const shop = new MerchantCalls(scene);
    const window = { fromMs: START_MS + MINUTE_MS, untilMs: START_MS + 2 * MINUTE_MS };
    simulator.addOutage({ ...window, what: 'api', how: 'unavailable' });
    const statuses: number[] = [];
    for (const ms of [0, MINUTE_MS - 1, 1, MINUTE_MS - 1, 1]) {
      await simulator.clock.advance(ms);
      statuses.push((await shop.prepay('native', `AT_MINUTE_${simulator.clock.now()}`)).status);
    }
    expect(statuses).toEqual([200, 200, 503, 503, 200]);
    const first = `AT_MINUTE_${window.fromMs}`;
    expect(simulator.findOrder(scene.merchant.mchid, first)).toBeUndefined();
    expect(simulator.faults({ target: 'outage' })).toHaveLength(2);
    expect(simulator.faults()[0]).toEqual({
      ...{ atMs: window.fromMs, target: 'outage', mchid: scene.merchant.mchid, outTradeNo: first },
      ...{ operation: 'prepay_native', fault: 'outage', detail: 'outage-1: unavailable' },
    });
  });

  it('that refuses resets the connection, even of a call with a wrong signature', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: START_MS });
    const window = { fromMs: START_MS, untilMs: START_MS + MINUTE_MS };
    scene.simulator.addOutage({ ...window, what: 'both', how: 'refuse' });
    const shop = new MerchantCalls(scene);
    await expect(shop.query('WHATEVER')).rejects.toThrow('fetch failed');
    await expect(shop.call('/v3/certificates', { nowMs: 0 })).rejects.toThrow('fetch failed');
    expect(scene.simulator.faults()).toMatchObject([{ detail: 'outage-1: refuse' }, { operation: 'certificates' }]);
  });

  it('that hangs leaves the caller waiting', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: START_MS });
    scene.simulator.addOutage({ fromMs: START_MS, untilMs: START_MS + MINUTE_MS, what: 'api', how: 'hang' });
    const states: string[] = [];
    const call = new MerchantCalls(scene).query('WHATEVER').catch(() => states.push('cut'));
    await vi.waitFor(() => expect(scene.simulator.faults()).toHaveLength(1));
    states.push('closing');
    await scene.simulator.close();
    await call;
    expect(states).toEqual(['closing', 'cut']);
  });

  it('leaves the callbacks and the control API alone', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: START_MS });
    scene.simulator.addOutage({ fromMs: START_MS, untilMs: START_MS + MINUTE_MS, what: 'api', how: 'refuse' });
    await payOne(scene, 'NOTIFIED');
    expect(scene.receiver.received).toHaveLength(1);
    expect((await callControl(scene.simulator.controlUrl, 'GET', '/health')).status).toBe(200);
  });
});

describe('an outage of the callbacks', () => {
  it('sends nothing while it lasts; its attempts fail, and the plan goes on', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: START_MS });
    const { simulator } = scene;
    simulator.addOutage({ fromMs: START_MS, untilMs: START_MS + 50_000, what: 'callbacks', how: 'hang' });
    const { notification } = await payOne(scene, 'THROUGH_OUTAGE');
    await simulator.clock.advance(50_000);
    expect(scene.receiver.received).toEqual([]);
    // The plan: 15 s, 15 s, 30 s (page 4012791861); the fourth attempt lies behind the outage.
    await simulator.clock.advance(10_000);
    expect(scene.receiver.received).toHaveLength(1);
    expect(notification.attempts.map(({ fault, sent }) => [fault, sent])).toEqual([
      ['outage', false],
      ['outage', false],
      ['outage', false],
      [undefined, true],
    ]);
    expect(simulator.faults({ target: 'outage' }).map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(simulator.summary()).toMatchObject({ byFault: { outage: 3 }, attemptsByStatus: { not_sent: 3, 204: 1 } });
  });

  it('leaves the API alone', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: START_MS });
    const window = { fromMs: START_MS, untilMs: START_MS + MINUTE_MS };
    scene.simulator.addOutage({ ...window, what: 'callbacks', how: 'unavailable' });
    expect((await new MerchantCalls(scene).prepay('native', 'STILL_THERE')).status).toBe(200);
  });
});

describe('outages of both', () => {
  it('are set, listed and deleted by the control API', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: START_MS });
    const { controlUrl } = scene.simulator;
    const shop = new MerchantCalls(scene);
    const window = { from: '2025-07-12T00:57:19+08:00', until: '2025-07-12T01:57:19+08:00' };
    expect((await callControl(controlUrl, 'POST', '/faults/outages', window)).status).toBe(201);
    expect((await shop.query('WHATEVER')).status).toBe(503);
    expect((await callControl(controlUrl, 'GET', '/faults/outages')).json).toEqual({
      outages: [
        {
          ...{ id: 'outage-1', from: '2025-07-11T16:57:19.000Z', until: '2025-07-11T17:57:19.000Z' },
          ...{ what: 'both', how: 'unavailable' },
        },
      ],
    });
    expect((await callControl(controlUrl, 'DELETE', '/faults/outages/outage-1')).status).toBe(204);
    expect((await shop.query('WHATEVER')).status).toBe(404);
    expect((await callControl(controlUrl, 'DELETE', '/faults/outages/outage-1')).status).toBe(404);
  });

  it.each([
    [{ from: '2025-07-12T01:00:00+08:00', until: '2025-07-12T01:00:00+08:00' }, 'until'],
    [{ from: '2025-07-12', until: '2025-07-12T01:00:00+08:00' }, 'from'],
    [{ from: '2025-07-12T01:00:00+08:00', until: '2025-07-12T02:00:00+08:00', what: 'bills' }, 'what'],
  ])('%j is refused in one sentence that names the field', async (outage, field) => {
    await using scene = await openScene();
    const answer = await callControl(scene.simulator.controlUrl, 'POST', '/faults/outages', outage);
    expect(answer.status).toBe(400);
    expect(answer.json.error).toContain(field);
  });
});

describe('the list of faults', () => {
  it('is filtered and paged', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: START_MS });
    const { controlUrl } = scene.simulator;
    for (const outTradeNo of ['LISTED_1', 'LISTED_2', 'LISTED_3']) {
      await payOne(scene, outTradeNo, [{ kind: 'lost_first', attempts: 1 }, { kind: 'doubled' }]);
    }
    await scene.simulator.clock.advance(15_000);
    const list = async (query: string) => {
      const { json } = await callControl(controlUrl, 'GET', `/faults?${query}`);
      const brief = json.faults.map(({ outTradeNo, fault }: Record<string, string>) => `${outTradeNo} ${fault}`);
      return { brief, next: json.next };
    };
    expect((await list('')).brief).toHaveLength(6);
    expect((await list('target=api')).brief).toEqual([]);
    expect((await list('outTradeNo=LISTED_2')).brief).toEqual(['LISTED_2 lost_first', 'LISTED_2 doubled']);
    const first = await list('fault=doubled&limit=2');
    expect(first.brief).toEqual(['LISTED_1 doubled', 'LISTED_2 doubled']);
    const rest = await list(`fault=doubled&limit=2&after=${first.next}`);
    expect(rest).toEqual({ brief: ['LISTED_3 doubled'], next: null });
    expect(await callControl(controlUrl, 'GET', '/faults?target=moon')).toMatchObject({ status: 400 });
  });
});
