import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { outTradeNoSchema } from '@payguard/shared/rules/wechat-fields';
import { BadInput } from '../command.ts';
import { inParallel } from '../in-parallel.ts';
import type { WechatPayAccess } from '../open-wechatpay.ts';
import { findOrders, type OrderHere } from './find-orders.ts';
import { type JudgedOrder, judgeOrder, type Question } from './judge-order.ts';

/** The budget sets the pace; more at once would only wait in its line. */
const ASKED_AT_ONCE = 4;

/**
 * Reads the orders and asks WeChat Pay about each; changes and publishes nothing. Throws BadInput when a number names
 * orders of several merchants.
 */
export async function askOrders(
  pool: DatabasePool,
  access: WechatPayAccess,
  request: { numbers: readonly string[]; mchid: string | null },
  onAsked: (done: number) => void,
): Promise<JudgedOrder[]> {
  const mchids = access.merchants.map(({ mchid }) => mchid);
  const found = await findOrders(pool, request.numbers, mchids, request.mchid);
  const onlyMchid = request.mchid ?? (mchids.length === 1 ? mchids[0] : undefined) ?? null;
  const named = request.numbers.map((number) => toQuestion(number, found.get(number) ?? [], onlyMchid));
  // Both numbers of one order may stand in a list.
  const questions = [...new Map(named.map((question) => [question.order?.id ?? question.number, question])).values()];
  let done = 0;
  return inParallel(questions, ASKED_AT_ONCE, async (question) => {
    const judged = await ask(access, question);
    done += 1;
    onAsked(done);
    return judged;
  });
}

function toQuestion(number: string, orders: readonly OrderHere[], onlyMchid: string | null): Question {
  const [order, ...others] = orders;
  if (others.length > 0) {
    const owners = orders.map(({ mchid }) => mchid ?? 'none').join(', ');
    throw new BadInput(`${number} names ${orders.length} orders, of the merchants ${owners}: give --mchid.`);
  }
  return order === undefined
    ? { number, mchid: onlyMchid, outTradeNo: number, order: null }
    : { number, mchid: order.mchid, outTradeNo: order.out_trade_no, order };
}

async function ask({ merchants, clients }: WechatPayAccess, question: Question): Promise<JudgedOrder> {
  const { mchid, outTradeNo } = question;
  const merchant = merchants.find((one) => one.mchid === mchid);
  const judge = (note: string) => judgeOrder(question, null, 'review', note);
  if (mchid === null) return judge('its merchant is unknown: run payguard migrate --mchid, or give --mchid');
  if (merchant === undefined) return judge(`merchants.yaml does not name merchant ${mchid}`);
  const client = clients.get(mchid);
  if (client === undefined) return judge(`merchants.yaml gives merchant ${mchid} no private key`);
  if (!outTradeNoSchema.safeParse(outTradeNo).success) return judge('WeChat Pay takes no such order number');
  return judgeOrder(question, await client.queryOrder(outTradeNo), merchant.latePayment);
}
