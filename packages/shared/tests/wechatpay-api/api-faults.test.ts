import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_ERROR_STATUSES, INJECTED_ERROR_CODES } from 'wechatpay-simulator/faults/api-error-codes';
import type { ApiFaultInput } from 'wechatpay-simulator/faults/api-fault';
import { refundOf } from './open-test-client.ts';
import { nativeOrder, openWorld, payAtSimulator, type World } from './wechatpay-world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

let orders = 0;

/** Asks about an order of its own, of which the first `times` queries (all when left out) suffer the fault. */
async function queryWith(fault: ApiFaultInput, times?: number) {
  orders += 1;
  const outTradeNo = `FAULTS_${orders}`;
  world.simulator.createOrder({ outTradeNo, total: 100, notifyUrl: 'https://shop.example/callback' });
  world.simulator.addApiFault({ outTradeNo, fault, ...(times === undefined ? {} : { times }) });
  const { client, attempts, logLines, close } = world.openClient({});
  const startedAt = performance.now();
  const outcome = await client.queryOrder(outTradeNo);
  const durationMs = performance.now() - startedAt;
  await close();
  return { outcome, attempts: attempts.map((attempt) => attempt.outcome), logLines, durationMs };
}

const found = { outcome: 'found', order: { tradeState: 'NOTPAY' } };
const unavailable = (reason: string, rest: object = {}) => ({ outcome: 'unavailable', reason, ...rest });

/** Faults that a repeat may mend, and what they come to when it does not. */
const REPEATED: [string, ApiFaultInput, object, string][] = [
  ['the connection is cut', { kind: 'cut' }, unavailable('network', { status: null }), 'network'],
  ['it is cut in the body', { kind: 'cut', sent: 'half_body' }, unavailable('network'), 'network'],
  ['it is accepted and not done', { kind: 'accepted_202' }, unavailable('accepted', { status: 202 }), 'accepted'],
  ['the answer is not signed', { kind: 'unsigned' }, unavailable('untrusted', { status: 200 }), 'untrusted'],
  ['it is signed wrongly', { kind: 'wrongly_signed' }, unavailable('untrusted'), 'untrusted'],
  ['nobody knows its serial', { kind: 'unknown_serial' }, unavailable('untrusted'), 'untrusted'],
  ['it is too old', { kind: 'clock_off', ms: -330_000 }, unavailable('untrusted'), 'untrusted'],
  ['it is from the future', { kind: 'clock_off', ms: 330_000 }, unavailable('untrusted'), 'untrusted'],
  ...serverErrors(),
];

function serverErrors(): typeof REPEATED {
  return INJECTED_ERROR_CODES.flatMap((code) =>
    [...API_ERROR_STATUSES[code]]
      .filter((status) => status >= 500)
      .map((status): (typeof REPEATED)[number] => [
        `it is ${status} ${code}`,
        { kind: 'error', code, status },
        unavailable('server_error', { status, code }),
        'server_error',
      ]),
  );
}

describe('a fault that a repeat may mend', () => {
  it.each(REPEATED)('is repeated and mended: %s', async (_name, fault, _outcome, attempt) => {
    expect(await queryWith(fault, 1)).toMatchObject({ outcome: found, attempts: [attempt, 'answered'], logLines: [] });
  });

  it('is tried three times at most, and logged once', async () => {
    const lasting = REPEATED.map(async ([, fault, outcome, attempt]) => {
      const result = await queryWith(fault);
      expect(result).toMatchObject({ outcome, attempts: [attempt, attempt, attempt] });
      expect(result.logLines).toHaveLength(1);
    });
    await Promise.all(lasting);
  });

  it('of a signature test is repeated, told apart in the metrics, and not logged: the repeat is not tested', async () => {
    const attempts = ['signature_test', 'answered'];
    expect(await queryWith({ kind: 'signtest' })).toMatchObject({ outcome: found, attempts, logLines: [] });
  });
});

describe('an answer that comes late or never', () => {
  it('is waited for while it is only slow', async () => {
    expect(await queryWith({ kind: 'slow', ms: 500 })).toMatchObject({ outcome: found, attempts: ['answered'] });
  });

  it.each<ApiFaultInput>([{ kind: 'hang' }, { kind: 'slow', ms: 3_000 }])(
    'is given up and the request repeated ($kind)',
    async (fault) => {
      expect(await queryWith(fault, 1)).toMatchObject({ outcome: found, attempts: ['timeout', 'answered'] });
    },
  );

  it('is given up altogether within nine seconds', async () => {
    const { durationMs, ...result } = await queryWith({ kind: 'hang' });
    const attempts = ['timeout', 'timeout', 'timeout'];
    expect(result).toMatchObject({ outcome: unavailable('timeout', { status: null }), attempts });
    expect(durationMs).toBeLessThan(9_500);
  });
});

describe('an answer that no repeat would mend', () => {
  it.each(['html_404', 'empty_404'] as const)('concludes nothing when a gateway gave it: %s', async (kind) => {
    const outcome = unavailable('not_wechatpay', { status: 404, code: null });
    expect(await queryWith({ kind })).toMatchObject({ outcome, attempts: ['not_wechatpay'] });
  });

  it.each(INJECTED_ERROR_CODES.filter((code) => API_ERROR_STATUSES[code][0] < 500))(
    'is taken as it is: %s',
    async (code) => {
      for (const status of API_ERROR_STATUSES[code]) {
        const result = await queryWith({ kind: 'error', code, status });
        expect(result.attempts).toHaveLength(1);
        expect(result.outcome).toMatchObject(meaningAtQuery(code, status));
      }
    },
  );

  function meaningAtQuery(code: string, status: number): object {
    if (status === 429) return unavailable('rate_limited', { status, code });
    if (code === 'NOT_ENOUGH' || code === 'STATEMENT_CREATING') return unavailable('server_error', { status, code });
    return code === 'ORDER_NOT_EXIST' ? { outcome: 'not_exist' } : { outcome: 'refused', status, code };
  }
});

describe('a call that took effect although its answer was spoilt', () => {
  const SPOILT: ApiFaultInput[] = [
    { kind: 'cut' },
    { kind: 'cut', sent: 'half_body' },
    { kind: 'error', code: 'SYSTEM_ERROR' },
    { kind: 'accepted_202' },
    { kind: 'signtest' },
    { kind: 'unsigned' },
  ];

  it.each(SPOILT)('is repeated alike, and takes effect once: $kind', async (fault) => {
    orders += 1;
    const number = `EFFECT_${orders}`;
    const twice = async <T>(
      operations: Parameters<World['simulator']['addApiFault']>[0]['operations'],
      call: () => Promise<T>,
    ) => {
      world.simulator.addApiFault({ operations, fault, effect: 'after', times: 1 });
      return call();
    };
    const order = nativeOrder(world, number);
    expect(await twice(['prepay_native'], () => world.client.prepay(order))).toMatchObject({ outcome: 'prepaid' });
    expect(await twice(['close_order'], () => world.client.closeOrder(number))).toEqual({ outcome: 'closed' });

    // Page 4013071036: after anything but an answer a refund is asked about, not sent again.
    const paid = `${number}_PAID`;
    const refund = refundOf(payAtSimulator(world, paid), paid, `${paid}_R`);
    const sent = await twice(['request_refund'], () => world.client.sendRefund(refund));
    expect(sent.outcome).toBe(fault.kind === 'signtest' ? 'found' : 'unavailable');
    const asked = await world.client.queryRefund(refund.outRefundNo);
    expect(asked).toMatchObject({ outcome: 'found', refund: { amountRefund: 30 } });
    expect(world.simulator.findOrder(world.merchant.mchid, paid)?.refunds).toHaveLength(1);
  });
});
