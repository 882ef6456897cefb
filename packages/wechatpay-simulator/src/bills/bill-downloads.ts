import { deriveBytes } from '../seeded-bytes.ts';
import type { BillType } from './bill-columns.ts';
import type { BillDay } from './bill-day.ts';

/** A download_url is good for five minutes (page 4012084430; an older page says 30 s). */
const URL_LIFE_MS = 5 * 60_000;
/** More applications than a client makes in five minutes; the oldest go first. */
const MAX_TOKENS = 10_000;

export interface BillDownload {
  readonly mchid: string;
  readonly day: BillDay;
  readonly type: BillType;
  readonly isGzip: boolean;
  /** ms UTC, exclusive. */
  readonly expiresAtMs: number;
}

/** What the tokens of download_urls lead to. */
export class BillDownloads {
  readonly #seed: string;
  readonly #byToken = new Map<string, BillDownload>();
  #issued = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** A token of 64 characters, as in published answers. */
  issue(download: Omit<BillDownload, 'expiresAtMs'>, nowMs: number): string {
    this.#forgetOldest(nowMs);
    this.#issued += 1;
    const { mchid, day, type } = download;
    const bytes = deriveBytes(this.#seed, 'bill-token', mchid, day.date, type, String(this.#issued));
    const token = bytes.subarray(0, 48).toString('base64url');
    this.#byToken.set(token, { ...download, expiresAtMs: nowMs + URL_LIFE_MS });
    return token;
  }

  /** Undefined when it was never issued, or is no longer good. */
  find(token: string, nowMs: number): BillDownload | undefined {
    const download = this.#byToken.get(token);
    return download !== undefined && nowMs < download.expiresAtMs ? download : undefined;
  }

  clear(): void {
    this.#byToken.clear();
  }

  /** Tokens lie in order of issue, which is that of expiry. */
  #forgetOldest(nowMs: number): void {
    for (const [token, { expiresAtMs }] of this.#byToken) {
      if (expiresAtMs > nowMs && this.#byToken.size < MAX_TOKENS) return;
      this.#byToken.delete(token);
    }
  }
}
