import type { Clock } from '../clock/clock.ts';
import { generateMerchant, type MerchantSpec } from './generate-merchant.ts';
import { loadMerchant } from './load-merchant.ts';
import { createMerchant, type Merchant } from './merchant.ts';
import { openRootCa, type RootCa } from './root-ca.ts';
import { saveMerchant } from './save-merchant.ts';

export type Merchants = ReadonlyMap<string, Merchant>;

/**
 * The merchants asked for, by mchid, with certificates valid on `clock`, all issued by one root CA. With a state
 * directory, keys are read from it, or generated and saved there, so that a restart keeps them, and later changes are
 * saved; appid, mode and share given now win over the saved ones.
 */
export async function openMerchants(
  specs: readonly MerchantSpec[],
  stateDir: string | undefined,
  clock: Clock,
): Promise<Merchants> {
  const rootCa = openRootCa(stateDir);
  const merchants = new Map<string, Merchant>();
  for (const spec of specs) merchants.set(spec.mchid, await openMerchant(spec, stateDir, rootCa, clock));
  return merchants;
}

async function openMerchant(
  spec: MerchantSpec,
  stateDir: string | undefined,
  rootCa: Promise<RootCa>,
  clock: Clock,
): Promise<Merchant> {
  if (stateDir === undefined) return generateMerchant(spec, rootCa, clock);
  const loaded = loadMerchant(stateDir, spec.mchid, await rootCa, clock);
  const merchant = loaded === undefined ? await generateMerchant(spec, rootCa, clock) : loaded.merchant;
  if (loaded === undefined || loaded.isChanged) saveMerchant(stateDir, merchant);
  const { signing } = merchant;
  signing.saveWith(() => saveMerchant(stateDir, merchant));
  signing.startAs(spec.mode, spec.publicKeyShare);
  if (spec.appid === undefined) return merchant;
  const opened = createMerchant({ ...merchant, appid: spec.appid });
  signing.saveWith(() => saveMerchant(stateDir, opened));
  return opened;
}

/** The merchant named, or the only one there is when none is named. */
export function soleMerchant(merchants: Merchants, mchid: string | undefined): Merchant | undefined {
  if (mchid !== undefined) return merchants.get(mchid);
  return merchants.size === 1 ? merchants.values().next().value : undefined;
}

/** The root CA that issued the certificates of all these merchants; there is at least one of them. */
export function rootCaOf(merchants: Merchants): RootCa {
  for (const merchant of merchants.values()) return merchant.signing.rootCa;
  throw new Error('A simulator has at least one merchant.');
}
