import type { Timer, TimerTask } from './clock.ts';
import { DueHeap } from './due-heap.ts';

/** More functions than ever wait in one process. */
const AFTER_FUNCTIONS = 2 ** 40;

/** A timer is its own handle: a hundred thousand of them wait in a simulator under load. */
class Entry implements Timer {
  readonly dueMs: number;
  readonly sequence: number;
  #task: TimerTask | undefined;

  constructor(dueMs: number, sequence: number, task: TimerTask) {
    this.dueMs = dueMs;
    this.sequence = sequence;
    this.#task = task;
  }

  get isCancelled(): boolean {
    return this.#task === undefined;
  }

  cancel(): boolean {
    const isWaiting = this.#task !== undefined;
    this.#task = undefined;
    return isWaiting;
  }

  /** Starts the task, once; undefined when it was cancelled. */
  start(): Promise<void> | undefined {
    const task = this.#task;
    this.#task = undefined;
    return typeof task === 'function' ? task() : task?.run();
  }
}

/** The timers of a clock and the tasks they started. Knows no time of its own. */
export class TimerQueue {
  readonly #heap = new DueHeap<Entry>();
  readonly #running = new Set<Promise<void>>();
  #soon: Entry[] = [];
  #sequence = 0;

  add(dueMs: number, task: TimerTask): Timer {
    const entry = this.#createEntry(dueMs, task);
    this.#heap.push(entry);
    return entry;
  }

  /** Starts `task` in a later microtask, so that the caller's own step is complete first. */
  startSoon(dueMs: number, task: TimerTask): Timer {
    const entry = this.#createEntry(dueMs, task);
    if (this.#soon.push(entry) === 1) this.#track(Promise.resolve().then(() => this.#startSoonOnes()));
    return entry;
  }

  nextDueMs(): number | undefined {
    for (let head = this.#heap.peek(); head !== undefined; head = this.#heap.peek()) {
      if (!head.isCancelled) return head.dueMs;
      this.#heap.pop();
    }
    return undefined;
  }

  /** Starts all timers due at or before `nowMs`. */
  startDue(nowMs: number): void {
    for (let dueMs = this.nextDueMs(); dueMs !== undefined && dueMs <= nowMs; dueMs = this.nextDueMs()) {
      this.#track(this.#heap.pop()?.start());
    }
  }

  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  clear(): void {
    this.#heap.clear();
  }

  #createEntry(dueMs: number, task: TimerTask): Entry {
    this.#sequence += 1;
    const sequence = typeof task === 'function' ? this.#sequence : AFTER_FUNCTIONS + task.rank;
    return new Entry(dueMs, sequence, task);
  }

  #startSoonOnes(): void {
    const entries = this.#soon;
    this.#soon = [];
    for (const entry of entries) this.#track(entry.start());
  }

  /** Many tasks may give the same promise; it is then waited for once. */
  #track(task: Promise<void> | undefined): void {
    if (task === undefined || this.#running.has(task)) return;
    this.#running.add(task);
    // The rejection of a task stays unhandled on purpose: a task that throws is a defect and must be loud.
    void task.finally(() => this.#running.delete(task));
  }
}
