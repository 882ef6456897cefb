import { z } from 'zod';
import type { MessageRate } from './message-rate.ts';
import { acceptance, parseObject, type RobotAnswer, type RobotCall, refusal } from './robot.ts';

const MAX_MARKDOWN_BYTES = 4_096;
const MAX_TEXT_BYTES = 2_048;
const MENTION = /<@([^>]+)>/g;

const bodySchema = z.discriminatedUnion('msgtype', [
  z.object({ msgtype: z.literal('markdown'), markdown: z.object({ content: z.string().min(1) }) }),
  z.object({ msgtype: z.literal('text'), text: z.object({ content: z.string().min(1) }) }),
]);

export type WecomRobot = { key: string; rate: MessageRate };

/** Answers as WeCom's group robot does: the key is all it checks besides size and rate (20 a minute, then 45009). */
export function answerWecom({ query, body }: RobotCall, robot: WecomRobot, nowMs: number): RobotAnswer {
  if (query.key !== robot.key) return refusal(93000, 'invalid webhook url');
  const parsed = bodySchema.safeParse(parseObject(body));
  if (!parsed.success) return refusal(40008, 'invalid message type');
  const { content, limit } = contentOf(parsed.data);
  const bytes = Buffer.byteLength(content);
  if (bytes > limit) return refusal(40058, `content exceed max length ${limit}. invalid Request Parameter`);
  if (!robot.rate.admit(nowMs)) return refusal(45009, 'api freq out of limit');
  const mentions = [...content.matchAll(MENTION)].map(([, user]) => user);
  const title = /^[# ]*(.*)/.exec(content)?.[1] ?? '';
  return acceptance({ channel: 'wecom', title, text: content, html: null, id: null, bytes, details: { mentions } });
}

function contentOf(body: z.infer<typeof bodySchema>): { content: string; limit: number } {
  if (body.msgtype === 'text') return { content: body.text.content, limit: MAX_TEXT_BYTES };
  return { content: body.markdown.content, limit: MAX_MARKDOWN_BYTES };
}
