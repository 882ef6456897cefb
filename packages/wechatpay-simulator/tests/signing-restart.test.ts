import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { change, DAY_MS, describeNow, LIFE_DAYS, openOwnScene, returnedSerials, START_MS } from './signing-scene.ts';

const stateDirs: string[] = [];
afterAll(() => {
  for (const dir of stateDirs) rmSync(dir, { recursive: true });
});

describe('a state directory', () => {
  function newStateDir(): string {
    const dir = mkdtempSync(join(tmpdir(), 'wechatpay-simulator-'));
    stateDirs.push(dir);
    return dir;
  }

  it('keeps certificates and shares over a restart in the middle of a rotation', async () => {
    const stateDir = newStateDir();
    const during = async () => {
      await using scene = await openOwnScene({ stateDir });
      await change(scene, 'POST', 'rotate', { share: 0.2 });
      return await describeNow(scene);
    };
    const before = await during();
    await using scene = await openOwnScene({ stateDir, clockStartMs: START_MS + DAY_MS });
    const after = await describeNow(scene);
    expect(after).toEqual(before);
    expect((await change(scene, 'PUT', 'signing', { newCertificateShare: 0.9 })).status).toBe(200);
  });

  it('keeps the successor that time has brought while the simulator was off', async () => {
    const stateDir = newStateDir();
    const serialsAt = async (days: number) => {
      await using scene = await openOwnScene({ stateDir, clockStartMs: START_MS + days * DAY_MS });
      return await returnedSerials(scene);
    };
    const [platform] = await serialsAt(0);
    const [first, successor] = await serialsAt(LIFE_DAYS - 170);
    expect(first).toBe(platform);
    expect(successor).toMatch(/^[0-9A-F]{40}$/);
    expect(await serialsAt(LIFE_DAYS - 160)).toEqual([platform, successor]);
    expect(await serialsAt(LIFE_DAYS + 1)).toEqual([successor]);
  });

  it('keeps an automatic switch going over a restart', async () => {
    const stateDir = newStateDir();
    {
      await using scene = await openOwnScene({ stateDir });
      await change(scene, 'POST', 'switch-to-public-key', { automatic: true });
    }
    await using scene = await openOwnScene({ stateDir, clockStartMs: START_MS + 3 * DAY_MS });
    expect(await describeNow(scene)).toMatchObject({ mode: 'rotating', publicKeyShare: 0.1 });
  });

  it('holds a file for each key that may sign, and no others', async () => {
    const stateDir = newStateDir();
    await using scene = await openOwnScene({ stateDir });
    const { platform, publicKey, mchid } = scene.merchant;
    const merchantDir = join(stateDir, 'merchants', mchid);
    const files = () => readdirSync(join(merchantDir, 'verification')).sort();
    const named = (...ids: string[]) => ids.map((id) => `${id}.pem`).sort();
    const first = (await change(scene, 'POST', 'rotate', { share: 1 })).json.nextPlatform;
    expect(files()).toEqual(named(platform.serial, first.serial, publicKey.id));
    const second = (await change(scene, 'POST', 'rotate')).json.nextPlatform;
    expect(files()).toEqual(named(first.serial, second.serial, publicKey.id));
    expect(readFileSync(join(merchantDir, 'verification', `${second.serial}.pem`), 'utf8')).toBe(second.certificatePem);
    expect(readFileSync(join(merchantDir, 'platform_key.pem'), 'utf8')).toBe(first.privateKeyPem);
  });
});
