import type { Timer, TimerTask } from './clock.ts';
import { DueHeap } from './due-heap.ts';

interface Entry {
  readonly dueMs: number;
  readonly sequence: number;
  readonly task: TimerTask;
  cancelled: boolean;
}

/** The timers of a clock and the tasks they started. Knows no time of its own. */
export class TimerQueue {
  readonly #heap = new DueHeap<Entry>();
  readonly #running = new Set<Promise<void>>();
  #sequence = 0;

  add(dueMs: number, task: TimerTask): Timer {
    this.#sequence += 1;
    const entry: Entry = { dueMs, sequence: this.#sequence, task, cancelled: false };
    this.#heap.push(entry);
    return {
      dueMs,
      cancel: () => {
        entry.cancelled = true;
      },
    };
  }

  /** Starts `task` in a later microtask, so that the caller's own step is complete first. */
  startSoon(dueMs: number, task: TimerTask): Timer {
    const entry = { cancelled: false };
    this.#track(Promise.resolve().then(() => (entry.cancelled ? undefined : task())));
    return {
      dueMs,
      cancel: () => {
        entry.cancelled = true;
      },
    };
  }

  nextDueMs(): number | undefined {
    for (let head = this.#heap.peek(); head !== undefined; head = this.#heap.peek()) {
      if (!head.cancelled) return head.dueMs;
      this.#heap.pop();
    }
    return undefined;
  }

  /** Starts all timers due at or before `nowMs`. */
  startDue(nowMs: number): void {
    for (let dueMs = this.nextDueMs(); dueMs !== undefined && dueMs <= nowMs; dueMs = this.nextDueMs()) {
      const entry = this.#heap.pop();
      if (entry !== undefined) this.#track(entry.task());
    }
  }

  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  clear(): void {
    this.#heap.clear();
  }

  #track(task: Promise<void>): void {
    this.#running.add(task);
    // The rejection of a task stays unhandled on purpose: a task that throws is a defect and must be loud.
    void task.finally(() => this.#running.delete(task));
  }
}
