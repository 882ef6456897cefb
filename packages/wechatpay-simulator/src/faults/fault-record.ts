import type { ApiOperation } from '../api/api-operation.ts';

/** What a fault befalls. An outage befalls calls of the API (`operation` is set) and callbacks (`attempt` is set). */
export const FAULT_TARGETS = ['callback', 'api', 'payment', 'refund', 'bill', 'outage'] as const;
export type FaultTarget = (typeof FAULT_TARGETS)[number];

/** One fault that has happened: what a test can ask a merchant's system to have withstood or found. */
export interface FaultRecord {
  /** ms UTC on the simulator's clock. */
  readonly atMs: number;
  readonly target: FaultTarget;
  readonly mchid?: string | undefined;
  readonly outTradeNo?: string | undefined;
  readonly outRefundNo?: string | undefined;
  /** Of an API call. */
  readonly operation?: ApiOperation | undefined;
  /** Its name, as in `tampered_tag` or `error_SYSTEM_ERROR`. */
  readonly fault: string;
  /** Of a callback: number of the attempt, from 1; 0 when it befell the notification as a whole. */
  readonly attempt?: number | undefined;
  /** What else a reader wants to know, in a few words. */
  readonly detail?: string | undefined;
}
