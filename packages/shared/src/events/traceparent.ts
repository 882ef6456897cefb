/** 00-<trace id>-<span id>-<flags>: the version that is in use (W3C Trace Context, section 3.2). */
export const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The text itself, or undefined for one that is no `traceparent`: it says nothing, and is longer than a column of ours. */
export function readTraceparent(text: string | undefined): string | undefined {
  return text !== undefined && TRACEPARENT.test(text) ? text : undefined;
}
