/** Of this run, or of the one that PAYGUARD_TEST_SEED has repeated. */
export function chosenSeed(): number {
  return Number(process.env.PAYGUARD_TEST_SEED ?? Date.now() % 1_000_000);
}
