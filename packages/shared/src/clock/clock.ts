/** Business time. Milliseconds since the epoch, UTC. Everything that decides by time takes one of these. */
export type Clock = { now(): number };

export const systemClock: Clock = { now: () => Date.now() };
