/** Whether a robot takes a message now. `penaltyMs`: how long one message too many silences it, 0 for not at all. */
export type MessageRate = { admit(nowMs: number): boolean };

export type RateLimits = {
  messages: number;
  windowMs: number;
  penaltyMs: number;
};

/** So many messages in each window; what is refused does not count, but may bring a penalty. */
export function createMessageRate({ messages, windowMs, penaltyMs }: RateLimits): MessageRate {
  let admitted: number[] = [];
  let silentUntil = Number.NEGATIVE_INFINITY;
  return {
    admit(nowMs) {
      if (nowMs < silentUntil) return false;
      admitted = admitted.filter((at) => at > nowMs - windowMs);
      if (admitted.length >= messages) {
        silentUntil = nowMs + penaltyMs;
        return false;
      }
      admitted.push(nowMs);
      return true;
    },
  };
}
