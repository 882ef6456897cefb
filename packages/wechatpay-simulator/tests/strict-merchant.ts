import type { SimulatorOptions } from '../src/simulator.ts';
import { isOpenable, isSignatureRight, openResource } from './open-notification.ts';
import type { Received } from './receiver.ts';
import { openScene, type Scene } from './simulated-merchant.ts';

/** Facts §1.6: what is further off than this is refused. */
const WINDOW_S = 300;

/** Why a strict merchant refuses a callback; `none` when it takes it. */
export type Complaint = 'serial' | 'signature' | 'timestamp' | 'decryption' | 'mchid' | 'appid' | 'amount' | 'none';

/** A scene whose receiver checks everything facts §1 names: 204 to what is right in all of it, 401 to the rest. */
export async function openStrictScene(options: SimulatorOptions = {}): Promise<Scene> {
  const scene: Scene = await openScene((received) => (complaintOf(scene, received) === 'none' ? 204 : 401), options);
  return scene;
}

/** The first check of facts §1 that a callback fails. */
export function complaintOf(scene: Scene, received: Received): Complaint {
  const { merchant, simulator } = scene;
  const serial = received.headers['wechatpay-serial'];
  if (serial !== merchant.platform.serial && serial !== merchant.publicKey.id) return 'serial';
  if (!isSignatureRight(received, merchant)) return 'signature';
  const offS = simulator.clock.now() / 1000 - Number(received.headers['wechatpay-timestamp']);
  if (Math.abs(offS) > WINDOW_S) return 'timestamp';
  if (!isOpenable(received, merchant)) return 'decryption';
  return complaintAbout(scene, openResource(received.body, merchant.apiV3Key));
}

function complaintAbout({ merchant, simulator }: Scene, resource: Record<string, unknown>): Complaint {
  if (resource.mchid !== merchant.mchid) return 'mchid';
  const order = simulator.findOrder(merchant.mchid, String(resource.out_trade_no));
  if (resource.out_refund_no === undefined) {
    if (resource.appid !== merchant.appid) return 'appid';
    return amountOf(resource, 'total') === order?.terms.total ? 'none' : 'amount';
  }
  const refund = order?.refunds.find(({ terms }) => terms.outRefundNo === resource.out_refund_no);
  return amountOf(resource, 'refund') === refund?.terms.refund ? 'none' : 'amount';
}

function amountOf({ amount }: Record<string, unknown>, name: string): unknown {
  return typeof amount === 'object' && amount !== null ? Reflect.get(amount, name) : undefined;
}
