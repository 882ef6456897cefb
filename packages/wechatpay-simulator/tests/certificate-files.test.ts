import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MerchantDescription } from '../src/control/describe-merchant.ts';
import { createRootCa } from '../src/merchants/root-ca.ts';
import { createSimulator } from '../src/simulator.ts';

const DAY_MS = 24 * 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 23, 4, 5, 6, 789);

describe('a state directory', () => {
  async function startIn(stateDir: string, clockStartMs: number = NOW_MS): Promise<MerchantDescription> {
    const started = await createSimulator({ clock: 'manual', clockStartMs, keysDir: stateDir });
    await started.close();
    const [merchant] = started.merchants;
    if (merchant === undefined) throw new Error('a simulator has a merchant');
    return merchant;
  }

  async function withStateDir(use: (stateDir: string, merchantDir: string) => Promise<void>) {
    const stateDir = mkdtempSync(join(tmpdir(), 'wechatpay-simulator-'));
    try {
      await use(stateDir, join(stateDir, 'merchants', '1900000001'));
    } finally {
      rmSync(stateDir, { recursive: true });
    }
  }

  it('holds the certificates under the names that people know, and gives them back at the next start', async () => {
    await withStateDir(async (stateDir, merchantDir) => {
      const first = await startIn(stateDir);
      const read = (...path: string[]) => readFileSync(join(...path), 'utf8');
      expect(read(stateDir, 'root-ca.pem')).toBe(first.rootCaPem);
      expect(read(merchantDir, 'apiclient_cert.pem')).toBe(first.certificatePem);
      expect(read(merchantDir, 'verification', `${first.platform.serial}.pem`)).toBe(first.platform.certificatePem);
      expect(read(merchantDir, 'verification', `${first.publicKey.id}.pem`)).toBe(first.publicKey.publicKeyPem);
      expect(first.paths).toEqual({
        privateKey: join(merchantDir, 'apiclient_key.pem'),
        certificate: join(merchantDir, 'apiclient_cert.pem'),
        verification: join(merchantDir, 'verification'),
        rootCa: join(stateDir, 'root-ca.pem'),
      });
      expect(await startIn(stateDir, NOW_MS + DAY_MS)).toEqual(first);
      expect(readdirSync(merchantDir).filter((name) => name.endsWith('.part'))).toEqual([]);
    });
  });

  it('from before certificates were simulated gets them for the saved keys and serials', async () => {
    await withStateDir(async (stateDir, merchantDir) => {
      const before = await startIn(stateDir);
      unlinkSync(join(merchantDir, 'apiclient_cert.pem'));
      writeFileSync(join(merchantDir, 'verification', `${before.platform.serial}.pem`), before.platform.publicKeyPem);
      unlinkSync(join(stateDir, 'root-ca.pem'));
      const after = await startIn(stateDir);
      const certificate = new X509Certificate(after.platform.certificatePem);
      expect(certificate.serialNumber).toBe(before.platform.serial);
      expect(certificate.checkPrivateKey(createPrivateKey(before.platform.privateKeyPem))).toBe(true);
      expect(after.serialNo).toBe(before.serialNo);
      expect(after.privateKeyPem).toBe(before.privateKeyPem);
      expect(after.rootCaPem).not.toBe(before.rootCaPem);
      expect(certificate.verify(new X509Certificate(after.rootCaPem).publicKey)).toBe(true);
      expect(await startIn(stateDir)).toEqual(after);
    });
  });

  it.each([
    ['far ahead', NOW_MS + 6 * 365 * DAY_MS],
    ['far behind', 0],
  ])('opened on a clock that is %s keeps keys and serials, with certificates valid then', async (_name, nowMs) => {
    await withStateDir(async (stateDir) => {
      const before = await startIn(stateDir);
      const after = await startIn(stateDir, nowMs);
      expect(after.platform.serial).toBe(before.platform.serial);
      expect(after.platform.privateKeyPem).toBe(before.platform.privateKeyPem);
      expect(Date.parse(after.platform.effectiveAt)).toBe(Math.floor(nowMs / 1000) * 1000);
    });
  });

  it('with a root CA whose key is of another refuses to start, in one sentence that names both files', async () => {
    await withStateDir(async (stateDir) => {
      await startIn(stateDir);
      const { privateKey } = await createRootCa();
      writeFileSync(join(stateDir, 'root-ca_key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
      await expect(startIn(stateDir)).rejects.toThrow(/root-ca\.pem and .*root-ca_key\.pem .* remove both/);
    });
  });

  it('with a certificate of another key refuses to start', async () => {
    await withStateDir(async (stateDir, merchantDir) => {
      const { platform, certificatePem } = await startIn(stateDir);
      writeFileSync(join(merchantDir, 'verification', `${platform.serial}.pem`), certificatePem);
      await expect(startIn(stateDir)).rejects.toThrow(merchantDir);
      expect(existsSync(join(merchantDir, 'platform_key.pem'))).toBe(true);
    });
  });
});
