import { describe, expect, it } from 'vitest';
import { callControl } from './control-client.ts';
import { callApi } from './merchant-client.ts';
import {
  answerSerial,
  change,
  DAY_MS,
  describeNow,
  notificationSerials,
  numbers,
  openOwnScene,
} from './signing-scene.ts';

describe('the switch to the public key', () => {
  it('follows the clock from 0.1 % to all notifications, while answers follow the request (page 4012154180)', async () => {
    await using scene = await openOwnScene();
    const { platform, publicKey } = scene.merchant;
    const started = await change(scene, 'POST', 'switch-to-public-key', { automatic: true });
    expect(started).toMatchObject({ status: 200, json: { mode: 'rotating', publicKeyShare: 0.001 } });
    await scene.simulator.clock.advance(5 * DAY_MS);
    expect((await describeNow(scene)).publicKeyShare).toBe(0.5);
    const half = new Set((await notificationSerials(scene, numbers('HALF', 40))).values());
    expect(half).toEqual(new Set([platform.serial, publicKey.id]));
    await scene.simulator.clock.advance(DAY_MS);
    const all = new Set((await notificationSerials(scene, numbers('ALL', 10))).values());
    expect(all).toEqual(new Set([publicKey.id]));
    expect(await answerSerial(scene)).toBe(platform.serial);
    expect(await answerSerial(scene, { 'Wechatpay-Serial': publicKey.id })).toBe(publicKey.id);
  });

  it('returns everything to the certificates when it is stopped', async () => {
    await using scene = await openOwnScene();
    await change(scene, 'POST', 'switch-to-public-key', { automatic: true });
    await scene.simulator.clock.advance(6 * DAY_MS);
    const stopped = await change(scene, 'POST', 'switch-to-public-key', { stop: true });
    expect(stopped).toMatchObject({ status: 200, json: { mode: 'certificate', publicKeyShare: 0 } });
    const serials = new Set((await notificationSerials(scene, numbers('STOPPED', 10))).values());
    expect(serials).toEqual(new Set([scene.merchant.platform.serial]));
  });

  it('goes on by plan from a share set by hand, never back', async () => {
    await using scene = await openOwnScene();
    await change(scene, 'PUT', 'signing', { mode: 'rotating', publicKeyShare: 0.3 });
    const { json } = await change(scene, 'POST', 'switch-to-public-key', { automatic: true });
    expect(json.publicKeyShare).toBe(0.5);
    await scene.simulator.clock.advance(DAY_MS);
    expect((await describeNow(scene)).publicKeyShare).toBe(1);
  });

  it('ends at a merchant of the public key alone, which has no certificates', async () => {
    await using scene = await openOwnScene();
    await change(scene, 'PUT', 'signing', { mode: 'public-key' });
    const nowMs = scene.simulator.clock.now();
    const answer = await callApi(scene.simulator.apiUrl, '/v3/certificates', scene.merchant, { nowMs });
    expect(answer).toMatchObject({ status: 404, json: { code: 'RESOURCE_NOT_EXISTS' } });
    expect((await change(scene, 'POST', 'rotate')).status).toBe(409);
    expect((await change(scene, 'POST', 'switch-to-public-key', { stop: true })).status).toBe(409);
  });

  it('cannot run together with a rotation of certificates, either way round (page 4012154180)', async () => {
    await using scene = await openOwnScene();
    await change(scene, 'POST', 'rotate', { share: 0.5 });
    for (const refused of [
      await change(scene, 'POST', 'switch-to-public-key', { automatic: true }),
      await change(scene, 'PUT', 'signing', { mode: 'rotating' }),
    ]) {
      expect(refused).toMatchObject({ status: 409, json: { error: expect.stringMatching(/^[^\n]+\.$/) } });
    }
    await change(scene, 'PUT', 'signing', { newCertificateShare: 0 });
    expect((await change(scene, 'POST', 'switch-to-public-key', { automatic: true })).status).toBe(200);
    expect((await change(scene, 'POST', 'rotate')).status).toBe(409);
    expect((await change(scene, 'PUT', 'signing', { newCertificateShare: 0.5 })).status).toBe(409);
  });

  it('leaves a finished rotation finished', async () => {
    await using scene = await openOwnScene();
    const next = (await change(scene, 'POST', 'rotate', { share: 1 })).json.nextPlatform.serial;
    await change(scene, 'POST', 'switch-to-public-key', { automatic: true });
    expect(await answerSerial(scene)).toBe(next);
  });
});

describe('the control API of merchants', () => {
  it.each([
    ['POST', 'rotate', { share: 1.5 }, 400, 'share'],
    ['PUT', 'signing', { publicKeyShare: 0.5 }, 409, 'publicKeyShare'],
    ['PUT', 'signing', { newCertificateShare: 0.5 }, 409, 'newCertificateShare'],
    ['PUT', 'signing', { mode: 'both' }, 400, 'mode'],
    ['POST', 'switch-to-public-key', {}, 400, '{"automatic": true}'],
  ] as const)('refuses %s %s %j in one sentence that names the field', async (method, action, body, status, named) => {
    await using scene = await openOwnScene();
    const answer = await change(scene, method, action, body);
    expect(answer).toMatchObject({ status, json: { error: expect.stringContaining(named) } });
    expect(answer.json.error).toMatch(/^[^\n]+\.$/);
  });

  it('knows no other merchants', async () => {
    await using scene = await openOwnScene();
    expect((await callControl(scene.simulator.controlUrl, 'POST', '/merchants/1999999999/rotate')).status).toBe(404);
  });
});
