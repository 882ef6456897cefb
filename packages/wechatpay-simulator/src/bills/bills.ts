import { createHash } from 'node:crypto';
import { type BillType, isOfType } from './bill-columns.ts';
import { oldestBillDate } from './bill-day.ts';
import { BillDownloads } from './bill-downloads.ts';
import { BillFaultPlan } from './bill-fault-plan.ts';
import type { BillLine } from './bill-line.ts';
import type { SpoiltLines } from './spoil-lines.ts';
import { writeBill } from './write-bill.ts';

/** A file of 100,000 lines is about 30 MB; those not kept are written again when asked for, from the kept lines. */
const MAX_KEPT_FILES = 4;

export interface BillFile {
  readonly bytes: Buffer;
  /** Of the bytes, hex. */
  readonly sha1: string;
}

/** What is kept of a day of one merchant, from the first time it was needed; it never changes from then on. */
interface KeptDay {
  readonly date: string;
  readonly own: SpoiltLines;
  /** With what the day before left to it; undefined while nobody has asked for this day's bill itself. */
  bill: readonly BillLine[] | undefined;
}

/** All bills, in memory: lines by day, the files last used, the download_urls given out, the faults set. */
export class Bills {
  readonly faults = new BillFaultPlan();
  readonly downloads: BillDownloads;
  readonly #days = new Map<string, KeptDay>();
  /** In order of last use. */
  readonly #files = new Map<string, BillFile>();

  constructor(seed: string) {
    this.downloads = new BillDownloads(seed);
  }

  /** A day's own lines; undefined while they have not been taken. */
  ownLines(mchid: string, date: string): SpoiltLines | undefined {
    return this.#days.get(`${mchid}:${date}`)?.own;
  }

  /** Keeps a day's own lines, and forgets days whose bills can no longer be asked for. */
  keepOwnLines(mchid: string, date: string, own: SpoiltLines, nowMs: number): void {
    const oldest = oldestBillDate(nowMs);
    for (const [key, day] of this.#days) if (day.date < oldest) this.#days.delete(key);
    this.#days.set(`${mchid}:${date}`, { date, own, bill: undefined });
  }

  /** A day's bill, made by `make` the first time. Its own lines have been kept before. */
  lines(mchid: string, date: string, make: () => readonly BillLine[]): readonly BillLine[] {
    const day = this.#days.get(`${mchid}:${date}`);
    const lines = day?.bill ?? make();
    if (day !== undefined) day.bill = lines;
    return lines;
  }

  /** The file of a day's lines; undefined when none of them is of this type. */
  file(mchid: string, date: string, type: BillType, readLines: () => readonly BillLine[]): BillFile | undefined {
    const key = `${mchid}:${date}:${type}`;
    const file = this.#files.get(key) ?? writeFile(type, readLines());
    if (file === undefined) return undefined;
    this.#files.delete(key);
    for (const leastUsed of this.#files.keys()) {
      if (this.#files.size < MAX_KEPT_FILES) break;
      this.#files.delete(leastUsed);
    }
    this.#files.set(key, file);
    return file;
  }

  clear(): void {
    this.faults.clear();
    this.downloads.clear();
    this.#days.clear();
    this.#files.clear();
  }
}

function writeFile(type: BillType, lines: readonly BillLine[]): BillFile | undefined {
  const ofType = type === 'ALL' ? lines : lines.filter((line) => isOfType(line, type));
  if (ofType.length === 0) return undefined;
  const bytes = writeBill(type, ofType);
  return { bytes, sha1: createHash('sha1').update(bytes).digest('hex') };
}
