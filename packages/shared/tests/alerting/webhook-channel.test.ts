import type { HttpFault } from '@payguard/receivers/faults';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { brief, openWorld, settingsOf, type World } from './open-world.ts';
import { message, mismatch, mismatchItem } from './sample-messages.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterEach(() => world.receivers.clear());
afterAll(() => world.close());

async function send(fault: HttpFault | null = null, settings: object = {}, items = [mismatchItem(mismatch())]) {
  const { channel, log } = world.open(
    { hook: { ...settingsOf('webhook', world.receivers), ...settings } },
    fault?.kind === 'hang' ? 'short' : undefined,
  );
  world.receivers.faults.webhook.set(fault);
  const outcome = await channel('hook').send(message(items));
  expect(world.secretsIn(outcome, log)).toEqual([]);
  return outcome;
}

describe('the webhook channel', () => {
  it('sends JSON that the receiver verifies by its signature', async () => {
    expect(await send()).toEqual({ kind: 'sent', code: 'http_204' });
    const [received] = world.receivers.messages('webhook');
    expect(received).toMatchObject({
      id: 'payguard-1752253500000-1',
      details: {
        severity: 'critical',
        total: 1,
        items: [
          { about: 'mismatch', mismatch: { out_trade_no: 'RECHARGE_ORDER17522530522711786', system_amount: 9_900 } },
        ],
      },
    });
  });

  it.each<[HttpFault, string, string]>([
    [{ kind: 'status', status: 200 }, 'sent', 'http_200'],
    [{ kind: 'status', status: 400 }, 'refused', 'http_400'],
    [{ kind: 'status', status: 410 }, 'refused', 'http_410'],
    [{ kind: 'status', status: 408 }, 'failed', 'http_408'],
    [{ kind: 'status', status: 503 }, 'failed', 'http_503'],
    [{ kind: 'redirect', location: 'http://127.0.0.1:1/' }, 'refused', 'http_307'],
    [{ kind: 'hang' }, 'failed', 'timeout'],
    [{ kind: 'cut' }, 'failed', 'network'],
    [{ kind: 'lose_answer' }, 'failed', 'network'],
  ])('takes %j for %s', async (fault, kind, code) => {
    expect(brief(await send(fault))).toEqual([kind, code]);
  });

  it.each([
    ['7', 7_000],
    ['0', 1_000],
    ['86400', 600_000],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 1_000],
    ['soon', 1_000],
    [undefined, 1_000],
  ])('takes 429 with Retry-After %s for a pause of %i ms', async (retryAfter, retryAfterMs) => {
    const fault: HttpFault = { kind: 'status', status: 429, ...(retryAfter === undefined ? {} : { retryAfter }) };
    expect(await send(fault)).toMatchObject({ kind: 'throttled', code: 'http_429', retryAfterMs });
  });

  it('is refused with a wrong secret', async () => {
    const { shopSecret } = world.receivers.files;
    expect(brief(await send(null, { secretFile: shopSecret }))).toEqual(['refused', 'http_401']);
  });

  it('leaves out what would be too much, and states the count of all', async () => {
    const items = Array.from({ length: 5_000 }, () => mismatchItem(mismatch()));
    expect(brief(await send(null, {}, items))).toEqual(['sent', 'http_204']);
    const [received] = world.receivers.messages('webhook');
    expect(received?.bytes).toBeLessThanOrEqual(200_000);
    expect(received?.details.total).toBe(5_000);
  });
});
