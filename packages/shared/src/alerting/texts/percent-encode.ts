/** Writes the ASCII characters that match as %XX. */
export function percentEncode(text: string, characters: RegExp): string {
  return text.replaceAll(characters, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
