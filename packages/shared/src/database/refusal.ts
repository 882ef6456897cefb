/** Why nothing was done: one sentence with the remedy, and the first rows it is about. */
export type Refusal = { message: string; examples: string[] };

/** More than a screen of examples helps nobody. */
export const MAX_EXAMPLES = 20;

export function refusal(message: string, examples: string[] = []): Refusal {
  return { message, examples: examples.slice(0, MAX_EXAMPLES) };
}
