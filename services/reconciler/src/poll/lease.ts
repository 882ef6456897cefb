/** Long enough for a query, a close and a query; short enough that a killed poll's orders are back within the minute. */
export const LEASE_MS = 30_000;
/** A call takes less than this: with so much left of a lease it ends within it. */
export const RENEW_BELOW_MS = 15_000;

/** Who holds a row, until when (ms UTC). A token is never used for two claims: whoever lost a row cannot take it for held. */
export type Lease = { token: string; until: number };

export type LeaseSource = () => string;

/** The column's length. */
const MAX_TOKEN_LENGTH = 128;
const MAX_NUMBER_LENGTH = 12;

/** Tokens of one run: who it is, and which claim of his. */
export function createLeaseSource(runBy: string): LeaseSource {
  const owner = runBy.slice(0, MAX_TOKEN_LENGTH - MAX_NUMBER_LENGTH);
  let claims = 0;
  return () => `${owner}/${++claims}`;
}
