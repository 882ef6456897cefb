import { createHash } from 'node:crypto';
import type { MerchantDescription } from '../src/control/describe-merchant.ts';
import type { PayRequest } from '../src/orders/pay-order.ts';
import type { SimulatorOptions } from '../src/simulator.ts';
import { callControl } from './control-client.ts';
import { callApi } from './merchant-client.ts';
import { type ParsedBill, parseBill } from './parse-bill.ts';
import { openScene, type Scene } from './simulated-merchant.ts';

/** The day that these tests are about, and the moment its bill is ready. */
export const DAY = '2026-03-10';
export const NEXT_DAY = '2026-03-11';

export function beijing(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}+08:00`);
}

/** A scene at noon (Beijing) of the day. */
export function openBillScene(options: SimulatorOptions = {}): Promise<Scene> {
  return openScene(() => 204, { clockStartMs: beijing(`${DAY} 12:00:00`), ...options });
}

/** Moves the scene's clock to this moment of Beijing's. */
export async function moveTo({ simulator }: Scene, text: string): Promise<void> {
  await simulator.clock.advance(beijing(text) - simulator.clock.now());
}

/** Creates an order and pays it; its notification gets lost, because bills are not about notifications. */
export function payOrderOf(
  { simulator, merchant }: Scene,
  outTradeNo: string,
  total: number,
  payment: Partial<PayRequest> & { description?: string; attach?: string } = {},
): string {
  const { description, attach, ...rest } = payment;
  const { mchid } = merchant;
  simulator.createOrder({ outTradeNo, total, mchid, description, attach });
  const paid = simulator.pay({ outTradeNo, mchid, faults: [{ kind: 'lost' }], ...rest });
  if (paid.kind !== 'paid') throw new Error(`order not paid: ${paid.kind}`);
  return paid.transactionId;
}

/** Takes a refund in; it becomes SUCCESS three seconds later on the scene's clock. */
export async function refundOf({ simulator }: Scene, outTradeNo: string, outRefundNo: string, refund: number) {
  const taken = await callControl(simulator.controlUrl, 'POST', '/refunds', { outTradeNo, outRefundNo, refund });
  if (taken.status !== 201) throw new Error(`refund not taken: ${JSON.stringify(taken.json)}`);
  return taken.json;
}

/** A signed call of the merchant's, at the scene's time. */
export function call(scene: Scene, path: string, merchant: MerchantDescription = scene.merchant) {
  return callApi(scene.simulator.apiUrl, path, merchant, { nowMs: scene.simulator.clock.now() });
}

export function apply(scene: Scene, query: string, merchant?: MerchantDescription) {
  return call(scene, `/v3/bill/tradebill?${query}`, merchant);
}

export interface Application {
  readonly hash: string;
  /** Path and query of the download_url. */
  readonly path: string;
}

/** Asks for a bill that there is. */
export async function applyFor(scene: Scene, query: string): Promise<Application> {
  const answer = await apply(scene, query);
  if (answer.status !== 200) throw new Error(`no bill: ${answer.text}`);
  const { hash_value: hash, download_url: url } = answer.json;
  if (typeof hash !== 'string' || typeof url !== 'string') throw new Error(`no bill: ${answer.text}`);
  return { hash, path: url.slice(scene.simulator.apiUrl.length) };
}

/** Asks for a bill, downloads it, checks its hash and reads it. */
export async function readBill(scene: Scene, billDate: string, type = 'ALL'): Promise<ParsedBill> {
  const { hash, path } = await applyFor(scene, `bill_date=${billDate}&bill_type=${type}`);
  const { bytes } = await call(scene, path);
  if (sha1(bytes) !== hash) throw new Error('the hash of the file is not the one announced');
  return parseBill(bytes);
}

export function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** Sets faults of bills by the control API. */
export function setBillFaults({ simulator }: Scene, faults: unknown) {
  return callControl(simulator.controlUrl, 'PUT', '/faults/bills', faults);
}

/** What the control API lists of the faults that bills have had. */
export async function happened({ simulator }: Scene): Promise<Array<Record<string, string>>> {
  return (await callControl(simulator.controlUrl, 'GET', '/faults?target=bill')).json.faults;
}
