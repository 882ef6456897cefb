import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { MessageRate } from './message-rate.ts';
import { acceptance, parseObject, type RobotAnswer, type RobotCall, refusal } from './robot.ts';

/** A signature is good for an hour around its timestamp. */
const SIGNATURE_LIFE_MS = 3_600_000;
const MAX_BODY_BYTES = 20_000;

const markdownSchema = z.object({
  msgtype: z.literal('markdown'),
  markdown: z.object({ title: z.string().min(1), text: z.string().min(1) }),
  at: z.object({ atMobiles: z.array(z.string()).default([]), isAtAll: z.boolean().default(false) }).prefault({}),
});

export type DingtalkRobot = { token: string; secret: string; rate: MessageRate };

/**
 * Answers as DingTalk's custom robot does: token, then signature, then message, then rate (20 a minute; one more brings
 * ten minutes of silence).
 */
export function answerDingtalk({ query, body }: RobotCall, robot: DingtalkRobot, nowMs: number): RobotAnswer {
  if (query.access_token !== robot.token) return refusal(300005, 'token is not exist');
  const timestamp = Number(query.timestamp);
  if (!(Math.abs(nowMs - timestamp) <= SIGNATURE_LIFE_MS)) return refusal(310000, 'invalid timestamp');
  if (!isSigned(query.sign ?? '', `${query.timestamp}\n${robot.secret}`, robot.secret)) {
    return refusal(310000, 'sign not match');
  }
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES) return refusal(460101, `message too long, exceed ${MAX_BODY_BYTES} bytes`);
  const parsed = markdownSchema.safeParse(parseObject(body));
  if (!parsed.success) return refusal(40035, `invalid parameter ${parsed.error.issues[0]?.path.join('.') ?? ''}`);
  if (!robot.rate.admit(nowMs)) return tooFast();
  const { markdown, at } = parsed.data;
  const { title, text } = markdown;
  return acceptance({ channel: 'dingtalk', title, text, html: null, id: null, bytes, details: { ...at } });
}

function isSigned(sign: string, message: string, secret: string): boolean {
  const expected = Buffer.from(createHmac('sha256', secret).update(message).digest('base64'));
  const given = Buffer.from(sign);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function tooFast(): RobotAnswer {
  const more = { status: 1111, wait: 5, source: 'x5', punish: 'deny', uuid: randomUUID() };
  return refusal(130101, 'send too fast, exceed 20 times per minute', more);
}
