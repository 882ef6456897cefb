import { z } from 'zod';
import type { SendOutcome } from '../alert-message.ts';
import type { PostAnswer } from './http-posts.ts';
import { receiverWords } from './receiver-words.ts';

/** What a robot's errcodes mean; those that stand nowhere may pass (facts of both robots: docs/alerting.md). */
export type RobotCodes = {
  refused: ReadonlySet<number>;
  throttled: ReadonlySet<number>;
  /** ms before a throttled robot takes another message. */
  retryAfterMs: number;
  /** DingTalk's `status` when it punishes, whatever its errcode. */
  throttledStatus?: number;
};

const answerSchema = z.object({ errcode: z.int(), errmsg: z.string().default(''), status: z.unknown().optional() });

/** A robot answers HTTP 200 also when it took nothing: `errcode` 0 alone means sent. */
export function robotOutcome(answer: PostAnswer, codes: RobotCodes, secrets: readonly string[]): SendOutcome {
  if (answer.kind === 'failure') return noAnswerOutcome(answer);
  if (answer.status !== 200) {
    return { kind: 'failed', code: `http_${answer.status}`, detail: `The robot's server answered ${answer.status}.` };
  }
  const parsed = answerSchema.safeParse(parseJson(answer.body));
  if (!parsed.success) return { kind: 'failed', code: 'malformed', detail: 'The answer is not the JSON of a robot.' };
  const { errcode, errmsg, status } = parsed.data;
  const code = String(errcode);
  if (errcode === 0) return { kind: 'sent', code };
  const detail = receiverWords(`errcode ${errcode}: ${errmsg}`, secrets);
  const isThrottled = codes.throttled.has(errcode) || (codes.throttledStatus ?? Number.NaN) === Number(status);
  if (isThrottled) return { kind: 'throttled', code, detail, retryAfterMs: codes.retryAfterMs };
  return { kind: codes.refused.has(errcode) ? 'refused' : 'failed', code, detail };
}

/** A certificate that is not trusted stays so until a person acts; anything else may pass. */
export function noAnswerOutcome({ code, detail }: Extract<PostAnswer, { kind: 'failure' }>): SendOutcome {
  return { kind: code === 'tls' ? 'refused' : 'failed', code, detail };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
