import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Faults, HttpFault } from './faults.ts';
import { cutConnection, sufferFault } from './http-faults.ts';
import type { Inbox } from './inbox.ts';
import { answerDingtalk, type DingtalkRobot } from './robots/dingtalk-robot.ts';
import type { RobotAnswer, RobotCall } from './robots/robot.ts';
import { answerWecom, type WecomRobot } from './robots/wecom-robot.ts';
import { takeWebhook } from './webhooks/take-webhook.ts';

export const PATHS = {
  dingtalk: '/dingtalk/robot/send',
  wecom: '/wecom/cgi-bin/webhook/send',
  webhook: '/webhook',
  shop: '/shop',
} as const;

export type ReceiverParts = {
  inbox: Inbox;
  faults: Faults;
  dingtalk: DingtalkRobot;
  wecom: WecomRobot;
  webhookSecrets: Readonly<Record<'webhook' | 'shop', string>>;
};

/** The robots and webhooks that senders call. */
export function registerReceiverRoutes(app: FastifyInstance, parts: ReceiverParts): void {
  const { dingtalk, wecom } = parts;
  app.post(
    PATHS.dingtalk,
    robotRoute('dingtalk', parts, (call) => answerDingtalk(call, dingtalk, Date.now())),
  );
  app.post(
    PATHS.wecom,
    robotRoute('wecom', parts, (call) => answerWecom(call, wecom, Date.now())),
  );
  app.post(PATHS.webhook, webhookRoute('webhook', parts));
  app.post(PATHS.shop, webhookRoute('shop', parts));
}

type Route = (request: FastifyRequest, reply: FastifyReply) => FastifyReply;

function robotRoute(
  channel: 'dingtalk' | 'wecom',
  parts: ReceiverParts,
  answerOf: (call: RobotCall) => RobotAnswer,
): Route {
  const { inbox, faults } = parts;
  return (request, reply) => {
    const fault = faults[channel].take();
    if (sufferFault(fault, reply)) {
      inbox.refuse(channel, nameOf(fault));
      return reply;
    }
    const answer = answerOf({ query: textValues(request.query), body: bodyOf(request) });
    if (answer.taken === undefined) inbox.refuse(channel, String(answer.errcode));
    else inbox.add(answer.taken);
    return respond(reply, fault, () => reply.send(answer.body));
  };
}

function webhookRoute(channel: 'webhook' | 'shop', { inbox, faults, webhookSecrets }: ReceiverParts): Route {
  return (request, reply) => {
    const fault = faults[channel].take();
    if (sufferFault(fault, reply)) {
      inbox.refuse(channel, nameOf(fault));
      return reply;
    }
    const call = { headers: textValues(request.headers), body: bodyOf(request) };
    const verdict = takeWebhook(channel, webhookSecrets[channel], call);
    if (verdict.kind === 'refused') {
      inbox.refuse(channel, String(verdict.status));
      return reply.code(verdict.status).send({ error: verdict.reason });
    }
    inbox.add(verdict.message);
    return respond(reply, fault, () => reply.code(204).send());
  };
}

function respond(reply: FastifyReply, fault: HttpFault | null, send: () => void): FastifyReply {
  if (fault?.kind === 'lose_answer') cutConnection(reply);
  else send();
  return reply;
}

/** As it stands in the tally. */
function nameOf(fault: HttpFault | null): string {
  if (fault?.kind === 'errcode') return String(fault.errcode);
  return fault?.kind === 'status' ? String(fault.status) : (fault?.kind ?? '');
}

function bodyOf({ body }: FastifyRequest): string {
  return typeof body === 'string' ? body : '';
}

function textValues(values: unknown): Record<string, string> {
  const entries = Object.entries(typeof values === 'object' && values !== null ? values : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
