/** Runs each variant once a round. Round 0 warms all of them up and is not to be counted; the order alternates. */
export async function interleave<T>(
  rounds: number,
  variants: readonly T[],
  run: (round: number, variant: T) => Promise<void>,
): Promise<void> {
  for (let round = 0; round <= rounds; round += 1) {
    for (const variant of round % 2 === 0 ? variants : variants.toReversed()) await run(round, variant);
  }
}
