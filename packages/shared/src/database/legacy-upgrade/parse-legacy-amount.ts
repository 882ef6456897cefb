/**
 * A shop's amount in fen, read digit by digit (no floating point); null = unknown: absent, zero or less (WeChat Pay's
 * least payment is 1 fen), a fraction of a fen, or too large to count exactly.
 */
export function parseLegacyAmount(text: string | null, unit: 'fen' | 'yuan'): number | null {
  const match = /^(\d{1,16})(?:\.(\d+))?$/.exec(text?.trim() ?? '');
  if (match === null) return null;
  const decimals = unit === 'yuan' ? 2 : 0;
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > decimals) return null;
  const fen = Number(`${match[1]}${fraction.padEnd(decimals, '0')}`);
  return Number.isSafeInteger(fen) && fen > 0 ? fen : null;
}
