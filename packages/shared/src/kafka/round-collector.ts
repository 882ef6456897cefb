/**
 * Merges what several partitions deliver into rounds of at most `maxRecords`. Rounds are handled one at a time; while the
 * last one is being finished (told to others), the next one is handled already, but no more than one ahead. It holds at
 * most what one fetch returned, since a partition delivers no more until its records are finished.
 */
export type Delivery<R> = {
  records: R[];
  /** Called in the order of the rounds, when every record of this delivery has been handled. */
  handled(): void;
  /** Commits all offsets marked so far; one delivery of a round does it for all. */
  commit(): Promise<void>;
};

type Pending<R> = Delivery<R> & { resolve(): void; reject(err: unknown): void; abandoned: boolean };

export type RoundCollector<R> = {
  /** Resolves when the records are handled and their offsets committed; rejects when either failed. */
  add(delivery: Delivery<R>, signal: AbortSignal): Promise<void>;
};

/** Resolves when the round is durable; what it answers is the rest of the work, which may overlap with the next round. */
export type HandleRound<R> = (records: R[]) => Promise<() => Promise<void>>;

export function createRoundCollector<R>(options: { maxRecords: number; handle: HandleRound<R> }): RoundCollector<R> {
  let pending: Pending<R>[] = [];
  let running = false;
  let finishing = Promise.resolve();

  function add(delivery: Delivery<R>, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry: Pending<R> = { ...delivery, resolve, reject, abandoned: false };
      signal.addEventListener(
        'abort',
        () => {
          entry.abandoned = true;
          // Its records are delivered again: kept, they would pile up while a round takes its time.
          pending = pending.filter((each) => each !== entry);
          reject(signal.reason);
        },
        { once: true },
      );
      pending.push(entry);
      if (!running) {
        running = true;
        // After this turn of the event loop, when every partition of the same fetch has added its own.
        setImmediate(() => void runRounds());
      }
    });
  }

  async function runRounds(): Promise<void> {
    for (let round = takeRound(); round.length > 0; round = takeRound()) {
      try {
        const finish = await options.handle(round.flatMap((entry) => entry.records));
        await finishing;
        finishing = finishRound(round, finish);
      } catch (err) {
        for (const entry of round) entry.reject(err);
      }
    }
    running = false;
  }

  /** Never rejects: a failure goes to those who delivered. */
  async function finishRound(round: Pending<R>[], finish: () => Promise<void>): Promise<void> {
    try {
      await finish();
      const present = round.filter((entry) => !entry.abandoned);
      for (const entry of present) entry.handled();
      await present[0]?.commit();
      for (const entry of present) entry.resolve();
    } catch (err) {
      for (const entry of round) entry.reject(err);
    }
  }

  function takeRound(): Pending<R>[] {
    pending = pending.filter((entry) => !entry.abandoned);
    let records = 0;
    let taken = 0;
    for (const entry of pending) {
      if (taken > 0 && records + entry.records.length > options.maxRecords) break;
      records += entry.records.length;
      taken += 1;
    }
    const round = pending.slice(0, taken);
    pending = pending.slice(taken);
    return round;
  }

  return { add };
}
