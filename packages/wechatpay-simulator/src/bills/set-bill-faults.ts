import { soleMerchant } from '../merchants/open-merchants.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import type { BillFaults } from './bill-faults.ts';

export type SetBillFaultsResult =
  | { readonly kind: 'set'; readonly mchid: string }
  | { readonly kind: 'unknown_merchant' | 'bill_is_made' | 'full' };

/**
 * Sets what is wrong with a merchant's bill of one day, or of every day that has no faults of its own, in place of what
 * was set before. A bill that has been asked for changes no more.
 */
export function setBillFaults(
  { bills, keeper, merchants }: SimulatorParts,
  mchid: string | undefined,
  faults: BillFaults,
): SetBillFaultsResult {
  const merchant = soleMerchant(merchants, mchid);
  if (merchant === undefined) return { kind: 'unknown_merchant' };
  const { billDate } = faults;
  if (billDate !== undefined && bills.ownLines(merchant.mchid, billDate) !== undefined) return { kind: 'bill_is_made' };
  if (!bills.faults.set(merchant.mchid, faults)) return { kind: 'full' };
  keeper.settingChanged('billFaults', () => bills.faults.all().map(({ mchid, faults }) => ({ mchid, faults })));
  return { kind: 'set', mchid: merchant.mchid };
}
