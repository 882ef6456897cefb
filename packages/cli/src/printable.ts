/** What came from outside must not steer the terminal of the person who reads it. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\uFFFD');
}
