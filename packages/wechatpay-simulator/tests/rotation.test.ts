import { describe, expect, it } from 'vitest';
import { automaticCertificateShare, automaticSwitchShare } from '../src/merchants/rotation-plan.ts';
import {
  answerSerial,
  change,
  DAY_MS,
  describeNow,
  LIFE_DAYS,
  notificationSerials,
  numbers,
  openOwnScene,
  returnedSerials,
  START_MS,
} from './signing-scene.ts';

describe('the plan of WeChat Pay', () => {
  it('moves a new certificate on Mondays and Thursdays at 10:00 in Beijing (update-and-maintenance.html)', () => {
    const hourMs = 3_600_000;
    const shares: Array<[number, string]> = [];
    let last = 0;
    for (let nowMs = START_MS; nowMs <= START_MS + 30 * DAY_MS; nowMs += hourMs) {
      const share = automaticCertificateShare(START_MS, nowMs);
      if (share !== last) shares.push([share, new Date(nowMs + 8 * hourMs).toISOString().slice(0, 16)]);
      last = share;
    }
    expect(shares).toEqual([
      [0.001, '2026-11-26T10:00'],
      [0.01, '2026-11-30T10:00'],
      [0.05, '2026-12-03T10:00'],
      [0.1, '2026-12-07T10:00'],
      [0.2, '2026-12-10T10:00'],
      [0.5, '2026-12-14T10:00'],
      [1, '2026-12-17T10:00'],
    ]);
  });

  it('switches to the public key by 0.1, 1, 5, 10, 20, 50 and 100 % in 7 days (page 4012154180)', () => {
    const shares = [0, 1, 2, 3, 4, 5, 6, 7, 100].map((day) => automaticSwitchShare(START_MS, START_MS + day * DAY_MS));
    expect(shares).toEqual([0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 1, 1]);
  });
});

describe('a platform certificate that nears its end', () => {
  it('gets a successor 210 days before, which is returned next to it from 180 days before on (page 4012068829)', async () => {
    await using scene = await openOwnScene();
    const { clock } = scene.simulator;
    const { platform } = scene.merchant;
    await clock.advance((LIFE_DAYS - 210) * DAY_MS - 1);
    expect((await describeNow(scene)).nextPlatform).toBeNull();
    await clock.advance(1);
    const { nextPlatform } = await describeNow(scene);
    expect(nextPlatform?.effectiveAt).toBe(new Date(START_MS + (LIFE_DAYS - 210) * DAY_MS).toISOString());
    expect(await returnedSerials(scene)).toEqual([platform.serial]);

    await clock.advance(30 * DAY_MS - 1);
    expect(await returnedSerials(scene)).toEqual([platform.serial]);
    await clock.advance(1);
    expect(await returnedSerials(scene)).toEqual([platform.serial, nextPlatform?.serial]);
  });

  it('is joined by it from 120 days before on when the merchant postpones that', async () => {
    await using scene = await openOwnScene();
    const { clock } = scene.simulator;
    expect((await change(scene, 'PUT', 'signing', { postponeNewCertificate: true })).status).toBe(200);
    await clock.advance((LIFE_DAYS - 120) * DAY_MS - 1);
    expect(await returnedSerials(scene)).toHaveLength(1);
    await clock.advance(1);
    expect(await returnedSerials(scene)).toHaveLength(2);
  });

  it('signs nothing any more once it has expired, however the roll-out stands', async () => {
    await using scene = await openOwnScene();
    const { clock } = scene.simulator;
    await clock.advance((LIFE_DAYS - 180) * DAY_MS);
    const successor = (await describeNow(scene)).nextPlatform?.serial;
    await change(scene, 'PUT', 'signing', { newCertificateShare: 0 });
    await clock.advance(180 * DAY_MS - 1);
    expect(await answerSerial(scene)).toBe(scene.merchant.platform.serial);
    await clock.advance(1);
    expect(await answerSerial(scene)).toBe(successor);
    expect(await returnedSerials(scene)).toEqual([successor]);
    const serials = await notificationSerials(scene, numbers('EXPIRED', 5));
    expect([...new Set(serials.values())]).toEqual([successor]);
  });

  it('is followed for decades: whatever signs is valid on the clock', async () => {
    await using scene = await openOwnScene();
    const { clock } = scene.simulator;
    const seen = new Set<string>();
    for (const days of [...Array.from({ length: 40 }, () => 97), 2_000, 365 * 17, 30]) {
      await clock.advance(days * DAY_MS);
      const serial = await answerSerial(scene);
      seen.add(serial);
      const { platform, nextPlatform } = await describeNow(scene);
      const signer = platform.serial === serial ? platform : nextPlatform;
      expect(Date.parse(signer?.effectiveAt ?? '')).toBeLessThanOrEqual(clock.now());
      expect(Date.parse(signer?.expiresAt ?? '')).toBeGreaterThan(clock.now());
    }
    expect(seen.size).toBeGreaterThanOrEqual(5);
  });
});

describe('a rotation by hand', () => {
  it('shares notifications between both certificates, each verified by its own', async () => {
    await using scene = await openOwnScene();
    const rotated = await change(scene, 'POST', 'rotate', { share: 0.3 });
    expect(rotated).toMatchObject({ status: 200, json: { newCertificateShare: 0.3 } });
    const { platform, nextPlatform } = await describeNow(scene);
    expect(await returnedSerials(scene)).toEqual([platform.serial, nextPlatform?.serial]);
    const serials = [...(await notificationSerials(scene, numbers('SHARED', 200))).values()];
    const byNew = serials.filter((serial) => serial === nextPlatform?.serial).length;
    expect(serials.filter((serial) => serial === platform.serial)).toHaveLength(200 - byNew);
    // Binomial(200, 0.3): six standard deviations to either side, and the seed fixes it anyway.
    expect(byNew).toBeGreaterThan(21);
    expect(byNew).toBeLessThan(99);
  });

  it('shares answers in the asked proportion', async () => {
    await using scene = await openOwnScene();
    await change(scene, 'POST', 'rotate', { share: 0.25 });
    const { nextPlatform } = await describeNow(scene);
    let byNew = 0;
    for (let call = 0; call < 40; call += 1) {
      if ((await answerSerial(scene)) === nextPlatform?.serial) byNew += 1;
    }
    expect(byNew).toBeGreaterThanOrEqual(9);
    expect(byNew).toBeLessThanOrEqual(11);
  });

  it('leaves an order with the new certificate once it got there, as the share grows', async () => {
    const serialsAt = async (share: number) => {
      await using scene = await openOwnScene();
      await change(scene, 'POST', 'rotate', { share });
      const next = (await describeNow(scene)).nextPlatform?.serial;
      const serials = await notificationSerials(scene, numbers('MONOTONE', 60));
      return new Set([...serials].filter(([, serial]) => serial === next).map(([outTradeNo]) => outTradeNo));
    };
    const [few, more] = [await serialsAt(0.2), await serialsAt(0.7)];
    expect(few.size).toBeGreaterThan(0);
    expect([...few].filter((outTradeNo) => !more.has(outTradeNo))).toEqual([]);
    expect(more.size).toBeGreaterThan(few.size);
  });

  it('takes a share that grows, not one that shrinks, and aborts at 0 (update-and-maintenance.html)', async () => {
    await using scene = await openOwnScene();
    await change(scene, 'POST', 'rotate', { share: 0.1 });
    expect((await change(scene, 'PUT', 'signing', { newCertificateShare: 0.4 })).json.newCertificateShare).toBe(0.4);
    expect(await change(scene, 'PUT', 'signing', { newCertificateShare: 0.3 })).toMatchObject({
      status: 409,
      json: { error: expect.stringMatching(/cannot be lowered.*\.$/) },
    });
    expect((await change(scene, 'PUT', 'signing', { newCertificateShare: 0 })).status).toBe(200);
    expect(await answerSerial(scene)).toBe(scene.merchant.platform.serial);
    expect((await change(scene, 'PUT', 'signing', { newCertificateShare: 0.01 })).status).toBe(200);
  });

  it('must be finished before the next; then the older certificate goes', async () => {
    await using scene = await openOwnScene();
    const first = (await change(scene, 'POST', 'rotate', { share: 0.5 })).json.nextPlatform.serial;
    expect((await change(scene, 'POST', 'rotate')).status).toBe(409);
    await change(scene, 'PUT', 'signing', { newCertificateShare: 1 });
    expect(await answerSerial(scene)).toBe(first);
    const { json } = await change(scene, 'POST', 'rotate', { share: 0 });
    expect(json.platform.serial).toBe(first);
    expect(json.nextPlatform.serial).not.toBe(first);
    expect(await answerSerial(scene)).toBe(first);
  });

  it('brings out a successor that waits for its day', async () => {
    await using scene = await openOwnScene();
    await scene.simulator.clock.advance((LIFE_DAYS - 200) * DAY_MS);
    const waiting = (await describeNow(scene)).nextPlatform?.serial;
    await change(scene, 'POST', 'rotate', { share: 1 });
    expect(await answerSerial(scene)).toBe(waiting);
  });
});
