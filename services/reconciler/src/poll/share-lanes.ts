/** Of this many orders that are asked about, one is the backlog's: somebody waits for the others. */
const ONE_IN = 5;

/**
 * How many of the next `room` orders belong to the backlog, when `before` have been handed out so far. Counted over all of
 * them, so that the backlog gets its part even where room comes one by one.
 */
export function backlogShare(before: number, room: number): number {
  return Math.floor((before + room) / ONE_IN) - Math.floor(before / ONE_IN);
}
