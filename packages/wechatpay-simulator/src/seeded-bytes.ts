import { hash } from 'node:crypto';

/**
 * The simulator's only source of "chance" about an order: bytes that depend on the seed and the named parts alone.
 * Two runs with one seed therefore agree, whatever order the requests arrive in.
 */
export function deriveBytes(seed: string, ...parts: string[]): Buffer {
  return hash('sha512', [seed, ...parts].join('\n'), 'buffer');
}

/** A number in [0, 1) from four derived bytes. */
export function toFraction(bytes: Buffer, offset = 0): number {
  return bytes.readUInt32BE(offset) / 2 ** 32;
}

/** `length` decimal digits. */
export function toDigits(bytes: Buffer, length: number): string {
  let digits = '';
  for (let index = 0; digits.length < length; index += 1) digits += String(bytes.readUInt8(index % bytes.length) % 10);
  return digits;
}

const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `length` letters and digits. */
export function toAlphanumeric(bytes: Buffer, length: number): string {
  let text = '';
  for (let index = 0; text.length < length; index += 1) {
    text += ALPHANUMERIC.charAt(bytes.readUInt8(index % bytes.length) % ALPHANUMERIC.length);
  }
  return text;
}

/** The 8-4-4-4-12 form in which WeChat Pay writes notification ids. */
export function toUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
