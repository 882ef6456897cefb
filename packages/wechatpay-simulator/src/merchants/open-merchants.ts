import { generateMerchant, type MerchantSpec } from './generate-merchant.ts';
import { createMerchant, type Merchant } from './merchant.ts';
import { loadMerchant, saveMerchant } from './merchant-store.ts';

export type Merchants = ReadonlyMap<string, Merchant>;

/**
 * The merchants asked for, by mchid. With a state directory, keys are read from it, or generated and saved there, so
 * that a restart keeps them; appid and mode given now win over the saved ones.
 */
export async function openMerchants(specs: readonly MerchantSpec[], stateDir: string | undefined): Promise<Merchants> {
  const merchants = new Map<string, Merchant>();
  for (const spec of specs) merchants.set(spec.mchid, await openMerchant(spec, stateDir));
  return merchants;
}

async function openMerchant(spec: MerchantSpec, stateDir: string | undefined): Promise<Merchant> {
  if (stateDir === undefined) return generateMerchant(spec);
  const saved = await loadMerchant(stateDir, spec.mchid);
  if (saved !== undefined) {
    return createMerchant({
      mchid: saved.mchid,
      appid: spec.appid ?? saved.appid,
      mode: spec.mode ?? saved.mode,
      publicKeyShare: spec.publicKeyShare ?? saved.publicKeyShare,
      keys: saved.keys,
    });
  }
  const generated = await generateMerchant(spec);
  await saveMerchant(stateDir, generated);
  return generated;
}

/** The merchant named, or the only one there is when none is named. */
export function soleMerchant(merchants: Merchants, mchid: string | undefined): Merchant | undefined {
  if (mchid !== undefined) return merchants.get(mchid);
  return merchants.size === 1 ? merchants.values().next().value : undefined;
}
