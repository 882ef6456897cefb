/** Parts per ten thousand: 0.60 %, the rate of an ordinary merchant and of the published sample bills. */
const RATE = 60;

/** As the column 费率 shows it. */
export const RATE_TEXT = '0.60%';

/**
 * The fee on `fen`, in whole fen, halves up: sample bills show `0.04000` for 6.00 at 0.60 % and `7.79000` for 1299.02.
 * Refunds give it back by the same rule, each by itself.
 */
export function feeOf(fen: number): number {
  return Math.floor((fen * RATE + 5_000) / 10_000);
}
