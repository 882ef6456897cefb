import { expect } from 'vitest';
import type { MerchantDescription } from '../src/control/describe-merchant.ts';
import type { SimulatorOptions } from '../src/simulator.ts';
import { callControl } from './control-client.ts';
import { callApi, isAnswerSignedBy } from './merchant-client.ts';
import { isSignatureRight } from './open-notification.ts';
import { openScene, payOne, type Scene } from './simulated-merchant.ts';

export const DAY_MS = 24 * 3_600_000;
/** Of a platform certificate. */
export const LIFE_DAYS = 1_825;
/** Monday 2026-11-23, 12:00 in Beijing. */
export const START_MS = Date.UTC(2026, 10, 23, 4);

/** A scene whose keys nobody shares, since these tests change them. */
export function openOwnScene(options: SimulatorOptions = {}): Promise<Scene> {
  return openScene(() => 204, { clockStartMs: START_MS, stateDir: undefined, ...options });
}

/** The merchant as the control API describes it now. */
export async function describeNow(scene: Scene): Promise<MerchantDescription> {
  const { json } = await callControl(scene.simulator.controlUrl, 'GET', '/merchants');
  return json.merchants[0];
}

/** Calls one of the merchant's actions in the control API. */
export function change(scene: Scene, method: 'POST' | 'PUT', action: string, body?: unknown) {
  return callControl(scene.simulator.controlUrl, method, `/merchants/${scene.merchant.mchid}/${action}`, body);
}

/** Calls the API and gives back the serial of the key that signed the answer, when it is right. */
export async function answerSerial(scene: Scene, headers: Record<string, string> = {}): Promise<string> {
  const nowMs = scene.simulator.clock.now();
  const answer = await callApi(scene.simulator.apiUrl, '/v3/certificates', scene.merchant, { nowMs, headers });
  const serial = answer.headers.get('wechatpay-serial') ?? '';
  const { platform, nextPlatform, publicKey } = await describeNow(scene);
  const certified = [platform, nextPlatform].find((certificate) => certificate?.serial === serial);
  const publicKeyPem = certified?.publicKeyPem ?? (serial === publicKey.id ? publicKey.publicKeyPem : undefined);
  if (publicKeyPem === undefined) throw new Error(`${serial} is no key of the merchant`);
  expect(isAnswerSignedBy(answer, publicKeyPem)).toBe(true);
  return serial;
}

/** The serials in an answer of GET /v3/certificates. */
export async function returnedSerials(scene: Scene): Promise<string[]> {
  const nowMs = scene.simulator.clock.now();
  const { json } = await callApi(scene.simulator.apiUrl, '/v3/certificates', scene.merchant, { nowMs });
  return (json as unknown as { data: Array<{ serial_no: string }> }).data.map((entry) => entry.serial_no);
}

/** Pays `numbers` and gives back, by number, the serial that signed its notification. */
export async function notificationSerials(scene: Scene, numbers: readonly string[]): Promise<Map<string, string>> {
  const merchant = await describeNow(scene);
  const serials = new Map<string, string>();
  for (const outTradeNo of numbers) {
    await payOne(scene, outTradeNo, []);
    const received = scene.receiver.received.at(-1);
    if (received === undefined) throw new Error('nothing was received');
    const serial = String(received.headers['wechatpay-serial']);
    const signer =
      serial === merchant.nextPlatform?.serial ? { ...merchant, platform: merchant.nextPlatform } : merchant;
    expect(isSignatureRight(received, signer)).toBe(true);
    serials.set(outTradeNo, serial);
  }
  return serials;
}

/** Order numbers that begin with `prefix`. */
export function numbers(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}_${index}`);
}
