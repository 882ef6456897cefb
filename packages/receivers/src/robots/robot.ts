import type { NewMessage } from '../inbox.ts';

/** A call as it came over HTTP, nothing of it believed. */
export type RobotCall = { query: Readonly<Record<string, string>>; body: string };

/** A robot answers HTTP 200 whatever happens; `errcode` 0 alone means that the message was taken. */
export type RobotAnswer = { errcode: number; body: Readonly<Record<string, unknown>>; taken: NewMessage | undefined };

export function refusal(errcode: number, errmsg: string, more: Readonly<Record<string, unknown>> = {}): RobotAnswer {
  return { errcode, body: { ...more, errcode, errmsg }, taken: undefined };
}

export function acceptance(taken: NewMessage): RobotAnswer {
  return { errcode: 0, body: { errcode: 0, errmsg: 'ok' }, taken };
}

/** undefined where the text is no JSON object. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
