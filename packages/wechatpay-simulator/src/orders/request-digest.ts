import { createHash } from 'node:crypto';

/** 128 bits tell any two requests of one simulator apart. */
const DIGEST_BYTES = 16;

/** Stands for a request's canonical text when it is compared with a repeat, in a tenth of its memory. */
export function digestOf(request: string): string {
  return createHash('shake128', { outputLength: DIGEST_BYTES }).update(request).digest('base64');
}
