import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { MerchantDescription } from '../src/control/describe-merchant.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from '../src/simulator.ts';
import { isOpenable, isSignatureRight } from './open-notification.ts';
import { type Answer, type Received, type Receiver, startReceiver } from './receiver.ts';

// The scenes of one test file share their keys: generating them anew would take most of the tests' time.
const keysDir = mkdtempSync(join(tmpdir(), 'wechatpay-simulator-'));
afterAll(() => rmSync(keysDir, { recursive: true }));

export interface Scene extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly merchant: MerchantDescription;
  readonly receiver: Receiver;
}

/** A simulator on a hand-driven clock and a receiver that answers 204 unless told otherwise. */
export async function openScene(
  answer: (received: Received, count: number) => Answer | Promise<Answer> = () => 204,
  options: SimulatorOptions = {},
): Promise<Scene> {
  const receiver = await startReceiver(answer);
  const simulator = await createSimulator({
    clock: 'manual',
    seed: 'scene',
    // A scene that says where its state is has its own keys, too.
    ...('stateDir' in options ? {} : { keysDir }),
    defaultNotifyUrl: receiver.url,
    ...options,
  });
  await simulator.listen();
  const merchant = simulator.merchants[0];
  if (merchant === undefined) throw new Error('a scene needs a merchant');
  return {
    simulator,
    merchant,
    receiver,
    [Symbol.asyncDispose]: async () => {
      await simulator.close();
      await receiver.close();
    },
  };
}

/** A scene whose receiver is careful: 204 to what verifies and opens, 401 to the rest. */
export async function openCarefulScene(options: SimulatorOptions = {}): Promise<Scene> {
  const answer = (received: Received) => {
    const isGenuine = isSignatureRight(received, scene.merchant) && isOpenable(received, scene.merchant);
    return isGenuine ? 204 : 401;
  };
  const scene: Scene = await openScene(answer, options);
  return scene;
}

/** Creates and pays one order; resolves when its first attempt has been answered. */
export async function payOne(scene: Scene, outTradeNo: string, faults?: Parameters<Simulator['pay']>[0]['faults']) {
  const created = scene.simulator.createOrder({ outTradeNo, total: 100 });
  if (created.kind !== 'created') throw new Error(`order not created: ${created.kind}`);
  const paid = scene.simulator.pay({ outTradeNo, faults });
  if (paid.kind !== 'paid') throw new Error(`order not paid: ${paid.kind}`);
  await scene.simulator.idle();
  const { notification } = paid.order;
  if (notification === undefined) throw new Error('a paid order has a notification');
  return { ...paid, notification };
}
