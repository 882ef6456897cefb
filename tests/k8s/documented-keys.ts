import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Payments } from './documented-payments.ts';
import { type DocumentedWorld, must } from './documented-world.ts';
import { waitFor } from './phase.ts';
import { isReady, RELEASE } from './release.ts';

const SECRET = `${RELEASE}-development-verification`;
/** A kubelet looks at each pod's Secrets once a minute; two, and the 5 s of the gateway. */
const RELOADED_WITHIN_MS = 150_000;
const CREDITED_WITHIN_MS = 15_000;

const merchantsSchema = z.object({
  merchants: z.tuple([
    z.object({
      mchid: z.string(),
      platform: z.object({ serial: z.string() }),
      publicKey: z.object({ id: z.string(), publicKeyPem: z.string() }),
    }),
  ]),
});

/**
 * Section 4: platform certificate → public key; a payment at each stage is credited by its callback. The development merchant
 * has both from the start, so that the public key is taken away first.
 */
export async function tryKeyRotation(world: DocumentedWorld, payments: Payments): Promise<void> {
  const [{ mchid, platform, publicKey }] = merchantsSchema.parse(
    JSON.parse(await payments.control('GET', '/merchants')),
  ).merchants;
  const file = (name: string) => ({ variables: { SECRET, FILE: join(world.keep, `${name}.pem`) } });
  const sign = (body: object) => payments.control('PUT', `/merchants/${mchid}/signing`, body);
  await writeFile(join(world.keep, `${publicKey.id}.pem`), publicKey.publicKeyPem);

  try {
    const withoutPublicKey = async (): Promise<string> => {
      const goneMs = await untilLoaded(world, [platform.serial]);
      await sign({ mode: 'certificate' });
      return `the public key gone from every pod after ${seconds(goneMs)}, by certificate credited after ${await payOne(payments)} ms`;
    };
    await world.block('remove-key', withoutPublicKey, file(publicKey.id));
    // As the page has it: the public key is applied for in the platform before it is put beside the certificate.
    await sign({ mode: 'rotating', publicKeyShare: 0 });
    const besideCertificate = async (): Promise<string> => {
      const loadedMs = await untilLoaded(world, [platform.serial, publicKey.id]);
      const byCertificateMs = await payOne(payments);
      await sign({ publicKeyShare: 1 });
      return `both keys in every pod after ${seconds(loadedMs)}; credited after ${byCertificateMs} ms by certificate, ${await payOne(payments)} ms by public key`;
    };
    await world.block('add-key', besideCertificate, file(publicKey.id));
    const publicKeyAlone = async (): Promise<string> => {
      const goneMs = await untilLoaded(world, [publicKey.id]);
      return `the certificate gone from every pod after ${seconds(goneMs)}, by public key credited after ${await payOne(payments)} ms`;
    };
    await world.block('remove-key', publicKeyAlone, file(platform.serial));
  } finally {
    await world.release.helmApply('upgrade', []);
    await untilLoaded(world, [platform.serial, publicKey.id]);
    await sign({ mode: 'certificate' });
    await sign({ mode: 'rotating', publicKeyShare: 0.5 });
  }
}

/** Section 6: what cannot be decrypted is answered 500 until the right key is back; the payment is credited all the same. */
export async function tryWrongKey(world: DocumentedWorld, payments: Payments): Promise<void> {
  const outTradeNo = await payments.makeOrder();
  await payments.payWithoutCallback(outTradeNo);
  const untilAnswered = async (status: number): Promise<number> => {
    const answered = await waitFor(async () => (await payments.callBack(outTradeNo)) === status, RELOADED_WITHIN_MS);
    must(answered !== undefined, `a callback is not answered ${status} after ${RELOADED_WITHIN_MS} ms`);
    return answered?.ms ?? 0;
  };
  try {
    await world.block('drill-wrong-key', async () => {
      return `a signed callback is answered 500 after ${seconds(await untilAnswered(500))}`;
    });
  } finally {
    await world.release.helmApply('upgrade', []);
  }
  const backMs = await untilAnswered(204);
  await payments.untilCredited(outTradeNo, CREDITED_WITHIN_MS);
  world.say(`documented: ${seconds(backMs)} after the upgrade that brought the right key back, the callback is taken`);
}

async function payOne(payments: Payments): Promise<number> {
  const outTradeNo = await payments.makeOrder();
  await payments.pay(outTradeNo);
  return payments.untilCredited(outTradeNo, CREDITED_WITHIN_MS);
}

/** ms until every pod that verifies has exactly these keys in its files, and the time to read them has passed. */
async function untilLoaded(world: DocumentedWorld, ids: readonly string[]): Promise<number> {
  const wanted = ids.map((id) => `${id}.pem`).toSorted();
  const loaded = await waitFor(async () => {
    const pods = [...(await world.release.pods('callback-gateway')), ...(await world.release.pods('checkout'))];
    for (const pod of pods.filter(isReady)) {
      const found: string[] = JSON.parse(await world.release.node(pod.metadata.name, LIST_KEYS));
      if (found.toSorted().join() !== wanted.join()) return false;
    }
    return true;
  }, RELOADED_WITHIN_MS);
  must(loaded !== undefined, `after ${RELOADED_WITHIN_MS} ms not every pod has the keys ${ids.join(' and ')}`);
  await new Promise((resolve) => setTimeout(resolve, READ_EVERY_MS));
  return loaded?.ms ?? 0;
}

/** The gateway and checkout read their keys every 5 s. */
const READ_EVERY_MS = 6_000;

const LIST_KEYS = `
const { readdirSync } = require('node:fs');
const files = readdirSync('/etc/payguard/merchants', { recursive: true }).map(String);
console.log(JSON.stringify(files.filter((file) => /verification\\/[^./][^/]*\\.pem$/.test(file)).map((file) => file.replace(/^.*\\//, ''))));`;

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
