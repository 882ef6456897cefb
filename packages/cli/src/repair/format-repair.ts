import { counted } from '../counted.ts';
import { formatTable } from '../format-table.ts';
import { isPublished, type JudgedOrder, pointsOf, type Verdict } from './judge-order.ts';
import type { RepairedOrder, RepairResult } from './repair-orders.ts';

const VERDICT_TEXT: Record<Verdict, string> = {
  credit: 'credit',
  hold: 'held for a person (payguard review)',
  send_back: 'send the money back (latePayment: refund)',
  already_credited: 'nothing: already credited',
  already_sent_back: 'nothing: its refund is known here',
  not_paid: 'nothing: not paid at WeChat Pay',
  differs: 'never credited: it differs',
  unknown_here: 'nothing: no such order here',
  unavailable: 'nothing: WeChat Pay was not asked, or not believed',
};

const RESULT_TEXT: Record<RepairResult, string> = {
  credited: 'credited',
  held: 'held for a person: payguard review list',
  sent_back: 'its refund is requested',
  waiting: 'published, but not applied within 60 s: see that points is running, then run this again',
  not_published: 'Kafka did not acknowledge it: run this again',
};

/** What was found, as a table, and a last line that says what it comes to. */
export function formatJudged(judged: readonly JudgedOrder[], run: { dryRun: boolean; hash: string }): string[] {
  const head = ['ORDER', 'HERE', 'WECHAT PAY', 'FEN HERE', 'FEN THERE', 'POINTS', 'TRANSACTION', 'WHAT WILL HAPPEN'];
  const rows = judged.map((one) => [
    one.outTradeNo,
    one.statusHere,
    one.statusThere,
    String(one.amountHere ?? '-'),
    String(one.amountThere ?? '-'),
    String(pointsOf(one) ?? '-'),
    one.transactionId ?? '-',
    one.note === null ? VERDICT_TEXT[one.verdict] : `${VERDICT_TEXT[one.verdict]} (${one.note})`,
  ]);
  return [...formatTable([head, ...rows]), '', ...summarize(judged, run)];
}

function summarize(judged: readonly JudgedOrder[], { dryRun, hash }: { dryRun: boolean; hash: string }): string[] {
  const count = judged.filter(isPublished).length;
  const orders = counted(judged.length, 'order');
  if (count === 0)
    return [`${orders} asked, nothing to repair; nothing was done.`, ...(dryRun ? [`hash ${hash}`] : [])];
  if (dryRun) return [`${orders} asked, ${count} to repair; this was a dry run, nothing was done.`, `hash ${hash}`];
  return [`${orders} asked, ${count} to repair.`];
}

/** What came of it: the order before and after. */
export function formatRepaired(batch: {
  id: number;
  backupFile: string;
  repaired: readonly RepairedOrder[];
}): string[] {
  const { id, backupFile, repaired } = batch;
  const rows = repaired.map(({ outTradeNo, statusHere, after, result }) => [
    outTradeNo,
    `${statusHere} -> ${after?.payment_status ?? statusHere}`,
    after?.balance_after == null ? '' : `balance ${after.balance_after}`,
    RESULT_TEXT[result],
  ]);
  return ['', ...formatTable(rows), '', `Batch ${id} is in the audit log; the rows as they were: ${backupFile}`];
}

/** The same as data. */
export function toJson(outcome: {
  dryRun: boolean;
  hash: string;
  judged: readonly JudgedOrder[];
  batch: { id: number; backupFile: string; repaired: readonly RepairedOrder[] } | null;
}) {
  const { dryRun, hash, judged, batch } = outcome;
  return {
    dry_run: dryRun,
    hash,
    batch: batch === null ? null : { id: batch.id, backup_file: batch.backupFile },
    orders: judged.map((one) => {
      const repaired = batch?.repaired.find(({ outTradeNo, mchid }) => {
        return outTradeNo === one.outTradeNo && mchid === one.mchid;
      });
      return {
        asked_for: one.number,
        mchid: one.mchid,
        out_trade_no: one.outTradeNo,
        verdict: one.verdict,
        note: one.note,
        status_here: one.statusHere,
        status_at_wechat_pay: one.statusThere,
        amount_here: one.amountHere,
        amount_at_wechat_pay: one.amountThere,
        transaction_id: one.transactionId,
        ...(repaired === undefined ? {} : { result: repaired.result, after: repaired.after }),
      };
    }),
  };
}
