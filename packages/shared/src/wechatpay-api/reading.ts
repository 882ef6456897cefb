import type { z } from 'zod';

/** What a signed body says; or why nothing may be concluded from it: about something else, or none of the API's. */
export type Reading<T> = { ok: true; value: T } | Misread;
export type Misread = { ok: false; reason: 'untrusted' | 'not_wechatpay'; detail: string };

export function misread(reason: Misread['reason'], detail: string): Misread {
  return { ok: false, reason, detail };
}

/** Unknown fields are ignored: new ones appear without notice. */
export function parseBody<S extends z.ZodType>(schema: S, body: Buffer): Reading<z.infer<S>> {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return misread('not_wechatpay', 'the body is not JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  return misread('not_wechatpay', `field ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? 'invalid'}`);
}
