import { describe, expect, it } from 'vitest';
import type { Attempt } from '../src/notifications/notification.ts';
import { isOpenable, isSignatureRight } from './open-notification.ts';
import type { Received } from './receiver.ts';
import { openCarefulScene, openScene, payOne, type Scene } from './simulated-merchant.ts';

const DAY_MS = 24 * 3_600_000;

function calls(scene: Scene): [Received, Received] {
  const [first, second] = scene.receiver.received;
  if (first === undefined || second === undefined) throw new Error('fewer than two calls were received');
  return [first, second];
}

function brief(attempts: readonly Attempt[]) {
  return attempts.map(({ number, copy, fault, sent, status }) => ({ number, copy, fault, sent, status }));
}

describe('a lost notification', () => {
  it('never arrives, and is recorded as not sent', async () => {
    await using scene = await openCarefulScene();
    const { notification } = await payOne(scene, 'LOST_ONE', [{ kind: 'lost' }]);
    await scene.simulator.clock.advance(10 * DAY_MS);
    expect(scene.receiver.received).toEqual([]);
    expect(notification.state).toBe('lost');
    expect(notification.attempts).toMatchObject([{ sent: false, fault: 'lost' }]);
    expect(scene.simulator.summary()).toMatchObject({ lost: 1, pending: 0, byFault: { lost: 1 } });
  });

  it('whose first two attempts are lost arrives with the third, 30 s after the payment', async () => {
    await using scene = await openCarefulScene();
    const { notification } = await payOne(scene, 'LOST_TWICE', [{ kind: 'lost_first', attempts: 2 }]);
    await scene.simulator.clock.advance(29_999);
    expect(scene.receiver.received).toEqual([]);
    await scene.simulator.clock.advance(1);
    expect(scene.receiver.received).toHaveLength(1);
    expect(brief(notification.attempts)).toEqual([
      { number: 1, copy: 1, fault: 'lost_first', sent: false, status: undefined },
      { number: 2, copy: 1, fault: 'lost_first', sent: false, status: undefined },
      { number: 3, copy: 1, fault: undefined, sent: true, status: 204 },
    ]);
  });
});

describe('a delayed notification', () => {
  it('arrives after its delay and not before', async () => {
    await using scene = await openCarefulScene();
    await payOne(scene, 'LATE_ONE', [{ kind: 'delayed', ms: 90_000 }]);
    await scene.simulator.clock.advance(89_999);
    expect(scene.receiver.received).toEqual([]);
    await scene.simulator.clock.advance(1);
    expect(scene.receiver.received).toHaveLength(1);
  });
});

describe('a doubled notification', () => {
  it('arrives a second time after the first answer, signed separately', async () => {
    await using scene = await openCarefulScene();
    const { notification } = await payOne(scene, 'TWICE_IN_TURN', [{ kind: 'doubled' }]);
    const [first, second] = calls(scene);
    expect(second.body).toBe(first.body);
    expect(second.headers['wechatpay-signature']).not.toBe(first.headers['wechatpay-signature']);
    expect(isSignatureRight(second, scene.merchant)).toBe(true);
    expect(brief(notification.attempts)).toEqual([
      { number: 1, copy: 1, fault: 'doubled', sent: true, status: 204 },
      { number: 1, copy: 2, fault: 'doubled', sent: true, status: 204 },
    ]);
    await scene.simulator.clock.advance(DAY_MS);
    expect(scene.receiver.received).toHaveLength(2);
  });

  it('at once arrives in two sends that are open at the same time', async () => {
    const both = Promise.withResolvers<void>();
    await using scene = await openScene(async (_call, count) => {
      // Neither is answered until both are here: only concurrent sends get past this.
      if (count === 2) both.resolve();
      await both.promise;
      return 204;
    });
    const { notification } = await payOne(scene, 'TWICE_AT_ONCE', [{ kind: 'doubled_at_once' }]);
    const [first, second] = calls(scene);
    expect(second.headers['wechatpay-nonce']).not.toBe(first.headers['wechatpay-nonce']);
    expect(notification.state).toBe('delivered');
  });

  it('counts as delivered when only one of the two is accepted', async () => {
    await using scene = await openScene((_call, count) => (count === 1 ? 500 : 204));
    const { notification } = await payOne(scene, 'SECOND_TAKEN', [{ kind: 'doubled' }]);
    expect(notification.state).toBe('delivered');
  });
});

describe('a tampered notification', () => {
  it('with another body has a signature that does not fit', async () => {
    await using scene = await openCarefulScene();
    await payOne(scene, 'BAD_BODY_1', [{ kind: 'tampered', part: 'body', attempts: 1 }]);
    await scene.simulator.clock.advance(15_000);
    const [forged, genuine] = calls(scene);
    expect(isSignatureRight(forged, scene.merchant)).toBe(false);
    expect(isSignatureRight({ ...forged, body: genuine.body }, scene.merchant)).toBe(true);
  });

  it('with another signature has a true body', async () => {
    await using scene = await openCarefulScene();
    await payOne(scene, 'BAD_SIGNATURE', [{ kind: 'tampered', part: 'signature', attempts: 1 }]);
    await scene.simulator.clock.advance(15_000);
    const [forged, genuine] = calls(scene);
    expect(forged.body).toBe(genuine.body);
    expect(Buffer.from(String(forged.headers['wechatpay-signature']), 'base64')).toHaveLength(256);
    expect(isSignatureRight(forged, scene.merchant)).toBe(false);
  });

  it('with another tag has a true signature and can only be refused by its decryption', async () => {
    await using scene = await openCarefulScene();
    await payOne(scene, 'BAD_TAG_1', [{ kind: 'tampered', part: 'tag', attempts: 1 }]);
    await scene.simulator.clock.advance(15_000);
    const [forged, genuine] = calls(scene);
    expect(isSignatureRight(forged, scene.merchant)).toBe(true);
    expect(isOpenable(forged, scene.merchant)).toBe(false);
    const sealed = (call: Received) => Buffer.from(JSON.parse(call.body).resource.ciphertext, 'base64');
    expect(sealed(forged).subarray(0, -16)).toEqual(sealed(genuine).subarray(0, -16));
  });

  it.each(['body', 'signature', 'tag'] as const)('(%s) is followed by a true one after 15 s', async (part) => {
    await using scene = await openCarefulScene();
    const { notification } = await payOne(scene, `THEN_TRUE_${part}`, [{ kind: 'tampered', part, attempts: 1 }]);
    await scene.simulator.clock.advance(15_000);
    expect(brief(notification.attempts)).toEqual([
      { number: 1, copy: 1, fault: `tampered_${part}`, sent: true, status: 401 },
      { number: 2, copy: 1, fault: undefined, sent: true, status: 204 },
    ]);
  });

  it('three times over is true the fourth time', async () => {
    await using scene = await openCarefulScene();
    const { notification } = await payOne(scene, 'THREE_BAD', [{ kind: 'tampered', part: 'tag', attempts: 3 }]);
    await scene.simulator.clock.advance(60_000);
    expect(notification.attempts.map((attempt) => attempt.status)).toEqual([401, 401, 401, 204]);
  });
});

describe('a SIGNTEST probe', () => {
  it('carries the marked false signature first and a true one later', async () => {
    await using scene = await openCarefulScene();
    const { notification } = await payOne(scene, 'PROBED_ONE', [{ kind: 'signtest', attempts: 1 }]);
    await scene.simulator.clock.advance(15_000);
    const [probe, genuine] = calls(scene);
    expect(probe.headers['wechatpay-signature']).toMatch(/^WECHATPAY\/SIGNTEST\/.+/);
    expect(isSignatureRight(genuine, scene.merchant)).toBe(true);
    expect(notification.state).toBe('delivered');
  });
});

describe('several faults of one order', () => {
  it('follow one another: lost, tampered, probed, then true and doubled', async () => {
    await using scene = await openCarefulScene();
    const { notification } = await payOne(scene, 'ALL_AT_ONCE', [
      { kind: 'doubled' },
      { kind: 'signtest', attempts: 1 },
      { kind: 'tampered', part: 'body', attempts: 1 },
      { kind: 'lost_first', attempts: 1 },
    ]);
    await scene.simulator.clock.advance(60_000);
    expect(brief(notification.attempts)).toEqual([
      { number: 1, copy: 1, fault: 'lost_first', sent: false, status: undefined },
      { number: 2, copy: 1, fault: 'tampered_body', sent: true, status: 401 },
      { number: 3, copy: 1, fault: 'signtest', sent: true, status: 401 },
      { number: 4, copy: 1, fault: 'doubled', sent: true, status: 204 },
      { number: 4, copy: 2, fault: 'doubled', sent: true, status: 204 },
    ]);
  });
});
