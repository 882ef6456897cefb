import { z } from 'zod';
import { orderAnswer } from '../orders/order-answer.ts';

/** Every way in which the order API refuses: status, and the title that goes with the type. */
const PROBLEMS = {
  'invalid-request': [400, 'The request is not valid'],
  unauthenticated: [401, 'No valid API key'],
  'not-found': [404, 'There is no such thing for this API key'],
  'order-differs': [409, 'The order number is taken'],
  'order-paid': [409, 'The order is paid'],
  'order-closed': [409, 'The order is closed'],
  'order-expired': [409, 'The order has run out of time'],
  'refund-differs': [409, 'The refund number is taken'],
  'not-refundable': [409, 'The order cannot be refunded so'],
  'too-large': [413, 'The request is too large'],
  'unsupported-media-type': [415, 'The request is not JSON'],
  'order-not-acceptable': [422, 'The order is not plausible'],
  'idempotency-key-reused': [422, 'The Idempotency-Key stands for another request'],
  'too-many-requests': [429, 'Too many requests'],
  internal: [500, 'Something went wrong here'],
  'wechatpay-refused': [502, 'WeChat Pay refuses'],
  unavailable: [503, 'Not possible right now'],
  'too-many-waiters': [503, 'Too many requests wait'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemKind = keyof typeof PROBLEMS;

const TYPE_PREFIX = 'urn:payguard:problem:';
const KINDS = Object.keys(PROBLEMS).filter(isProblemKind);
/** The same request may be answered otherwise later. */
const MAY_PASS: ReadonlySet<ProblemKind> = new Set([
  'too-many-requests',
  'internal',
  'unavailable',
  'too-many-waiters',
]);

/** What an expected refusal says. `detail` is one sentence: what is wrong and what to do. */
export type Problem = {
  kind: ProblemKind;
  detail: string;
  /** The field of the request that is wrong. */
  field?: string | undefined;
  /** The order as it stands, where that is the reason. */
  order?: z.output<typeof orderAnswer> | undefined;
  retryAfterSeconds?: number | undefined;
};

export const problemAnswer = z
  .object({
    type: z.enum(KINDS.map((kind) => TYPE_PREFIX + kind)),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('One sentence: what is wrong, and what to do.'),
    retry: z.boolean().describe('True: the same request may succeed later (see Retry-After).'),
    field: z.string().optional().describe('The field of the request that is wrong.'),
    order: orderAnswer.optional(),
  })
  .meta({ id: 'Problem', description: 'The call is refused (RFC 9457).' });

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Carries a Problem through fastify to its error handler: thrown at the edge only. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly statusCode: number;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
    this.statusCode = statusOf(problem);
  }
}

/** A Problem among the outcomes of a step. */
export type Refusal = { outcome: 'refused'; problem: Problem };

export function refuse(kind: ProblemKind, detail: string, facts: Omit<Problem, 'kind' | 'detail'> = {}): Refusal {
  return { outcome: 'refused', problem: { kind, detail, ...facts } };
}

export function statusOf({ kind }: Problem): number {
  return PROBLEMS[kind][0];
}

export function describeProblem(problem: Problem): z.output<typeof problemAnswer> {
  const [status, title] = PROBLEMS[problem.kind];
  return {
    type: TYPE_PREFIX + problem.kind,
    title,
    status,
    detail: problem.detail,
    retry: MAY_PASS.has(problem.kind),
    ...(problem.field === undefined ? {} : { field: problem.field }),
    ...(problem.order === undefined ? {} : { order: problem.order }),
  };
}

function isProblemKind(text: string): text is ProblemKind {
  return Object.hasOwn(PROBLEMS, text);
}
