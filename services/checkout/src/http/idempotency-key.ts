import { z } from 'zod';

/** Loose: the other headers stay for whoever needs them. */
export const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1-128 visible ASCII characters')
    .optional()
    .describe('Stands for this one request; repeats bring it again.'),
});

export function idempotencyKeyOf(headers: z.output<typeof idempotencyHeaders>): string | undefined {
  return headers['idempotency-key'];
}
