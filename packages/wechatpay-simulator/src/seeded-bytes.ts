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
  return spell(bytes, length, '0123456789');
}

/** `length` letters and digits. */
export function toAlphanumeric(bytes: Buffer, length: number): string {
  return spell(bytes, length, '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
}

function spell(bytes: Buffer, length: number, alphabet: string): string {
  const text = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index += 1) {
    text[index] = alphabet.charCodeAt(bytes.readUInt8(index % bytes.length) % alphabet.length);
  }
  return text.toString('latin1');
}

/** The 8-4-4-4-12 form in which WeChat Pay writes notification ids. */
export function toUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return flatten(
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
  );
}

/**
 * The same ASCII text in one piece. V8 keeps a text put together from parts as a tree of them, 32 bytes a node, for as
 * long as it lives: worth undoing where a hundred thousand are kept.
 */
export function flatten(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
