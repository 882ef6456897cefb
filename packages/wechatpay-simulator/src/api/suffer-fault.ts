import type { FastifyReply } from 'fastify';
import { isAnswerFault, nameOfApiFault } from '../faults/api-fault.ts';
import type { ApiCallFacts, ApiFaultRule } from '../faults/api-fault-rule.ts';
import { MAX_HOLD_MS } from '../faults/held-callers.ts';
import type { Outage } from '../faults/outages.ts';
import type { SigningKey } from '../merchants/merchant.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { type Answer, renderOutcome, sendAnswer } from './answer.ts';
import type { ApiOutcome } from './api-outcome.ts';
import { cutConnection, cutInBody } from './cut-connection.ts';
import {
  renderAccepted,
  renderEmptyNotFound,
  renderHtmlNotFound,
  renderInjectedError,
  renderSpoilt,
} from './faulty-answers.ts';

export interface FaultyCall {
  readonly parts: SimulatorParts;
  readonly reply: FastifyReply;
  readonly key: SigningKey;
  readonly facts: ApiCallFacts;
  readonly rule: ApiFaultRule;
  /** Carries the call out; asked for at most once. */
  carryOut(): Promise<ApiOutcome>;
}

/** Answers a call in the way of the fault that befalls it, having carried it out first when the fault takes effect after. */
export async function sufferFault(call: FaultyCall): Promise<FastifyReply> {
  const { fault, effect } = call.rule;
  if (isAnswerFault(fault)) {
    const outcome = await call.carryOut();
    if (outcome.kind === 'answered') {
      record(call);
      return sendAnswer(call.reply, await renderSpoilt(fault, outcome, call.key, call.parts.clock.now()));
    }
    // Errors and files carry no signature that could be spoilt.
    call.parts.faultPlan.apiFaults.takeBack(call.rule, call.facts);
    return sendAnswer(call.reply, await renderOutcome(outcome, call.key, call.parts.clock.now()));
  }
  const outcome = effect === 'after' ? await call.carryOut() : undefined;
  record(call);
  return answerInItsWay(call, outcome);
}

async function answerInItsWay(call: FaultyCall, outcome: ApiOutcome | undefined): Promise<FastifyReply> {
  const { parts, reply, key } = call;
  const { fault } = call.rule;
  switch (fault.kind) {
    case 'slow':
      await parts.faultPlan.heldCallers.hold(reply.raw, fault.ms);
      return reply.raw.destroyed ? cutConnection(reply) : sendAnswer(reply, await trueAnswer(call, outcome));
    case 'hang':
      return leaveHanging(parts, reply);
    case 'cut':
      if (fault.sent === 'nothing') return cutConnection(reply);
      return cutInBody(reply, await trueAnswer(call, outcome), parts.clock.now());
    case 'error':
      return sendAnswer(reply, renderInjectedError(fault.code, fault.status));
    case 'accepted_202':
      return sendAnswer(reply, await renderAccepted(key, parts.clock.now()));
    case 'html_404':
      return sendAnswer(reply, renderHtmlNotFound());
    case 'empty_404':
      return sendAnswer(reply, renderEmptyNotFound());
    default:
      throw new Error(`The fault ${fault.kind} spoils a signed answer and is not answered here.`);
  }
}

async function trueAnswer(call: FaultyCall, outcome: ApiOutcome | undefined): Promise<Answer> {
  return renderOutcome(outcome ?? (await call.carryOut()), call.key, call.parts.clock.now());
}

function record({ parts, facts, rule }: FaultyCall): void {
  const { nowMs, operation, mchid, outTradeNo, outRefundNo } = facts;
  const detail = `${rule.id}: ${rule.effect === 'after' ? 'carried out' : 'not carried out'}`;
  const fault = nameOfApiFault(rule.fault);
  parts.faultPlan.record({ atMs: nowMs, target: 'api', mchid, outTradeNo, outRefundNo, operation, fault, detail });
}

/** Answers, or does not, a call that comes in an outage; nothing of it is carried out or even looked at. */
export function sufferOutage(
  parts: SimulatorParts,
  reply: FastifyReply,
  facts: ApiCallFacts,
  outage: Outage,
): FastifyReply | Promise<FastifyReply> {
  const { nowMs, operation, mchid, outTradeNo, outRefundNo } = facts;
  const detail = `${outage.id}: ${outage.how}`;
  parts.faultPlan.record({
    ...{ atMs: nowMs, target: 'outage', mchid, outTradeNo, outRefundNo, operation, fault: 'outage', detail },
  });
  switch (outage.how) {
    case 'refuse':
      return cutConnection(reply);
    case 'hang':
      return leaveHanging(parts, reply);
    case 'unavailable':
      return sendAnswer(reply, renderInjectedError('SERVICE_UNAVAILABLE'));
  }
}

async function leaveHanging(parts: SimulatorParts, reply: FastifyReply): Promise<FastifyReply> {
  await parts.faultPlan.heldCallers.hold(reply.raw, MAX_HOLD_MS);
  return cutConnection(reply);
}
