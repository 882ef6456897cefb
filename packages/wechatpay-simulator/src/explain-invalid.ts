import type { z } from 'zod';

/** The first thing wrong with an input, as `field: what is wrong`. */
export function explainInvalid(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'the input is invalid';
  const field = issue.path.join('.');
  return field === '' ? issue.message : `${field}: ${issue.message}`;
}
