import type { z } from 'zod';

/** The first thing wrong with an input, as `field: what is wrong`. */
export function explainInvalid(error: z.ZodError): string {
  const issue = firstIssue(error.issues);
  if (issue === undefined) return 'the input is invalid';
  const field = issue.path.join('.');
  return field === '' ? issue.message : `${field}: ${issue.message}`;
}

/** Of an input that fits none of several forms: what keeps it from the one it comes nearest to. */
function firstIssue(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  const issue = issues[0];
  if (issue?.code !== 'invalid_union' || issue.message !== 'Invalid input') return issue;
  const [nearest] = [...issue.errors].sort((one, other) => one.length - other.length);
  const inner = nearest === undefined ? undefined : firstIssue(nearest);
  return inner === undefined ? issue : { ...inner, path: [...issue.path, ...inner.path] };
}
