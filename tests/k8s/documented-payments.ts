import { randomUUID } from 'node:crypto';
import { createCallbackSender, signCallback } from '@payguard/local/load/signed-callbacks';
import { findUser } from '@payguard/local/smoke/find-user';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import type { Outside } from './outside.ts';
import { waitFor } from './phase.ts';

const CALL_TIMEOUT_MS = 15_000;
const AMOUNT_FEN = 100;

/** A payer and WeChat Pay's operator, beside the blocks that are tried. */
export type Payments = {
  /** An order by the order API; answers its number. */
  makeOrder(): Promise<string>;
  /** What the order API answers to a new order, whatever it is. */
  tryOrder(): Promise<{ status: number; body: string }>;
  /** Pays at the simulator, which sends its callback as WeChat Pay would. */
  pay(outTradeNo: string): Promise<void>;
  /** The same, and the simulator's own callback is lost. */
  payWithoutCallback(outTradeNo: string): Promise<void>;
  /** ms until the database has it credited. Nobody asks the order API meanwhile, which would credit it itself. Throws when late. */
  untilCredited(outTradeNo: string, withinMs: number): Promise<number>;
  /** A really signed callback of this machine about a paid order; the gateway's status, or the connection's error code. */
  callBack(outTradeNo: string): Promise<number | string>;
  /** The simulator's control API. */
  control(method: string, path: string, body?: object): Promise<string>;
  close(): Promise<void>;
};

export function openPayments(outside: Outside): Payments {
  const { target, apiKey, checkoutUrl, callbackUrl } = outside;
  const pool = createDatabasePool({ url: target.database.url, connectionLimit: 1 });
  const control: Payments['control'] = async (method, path, body) => {
    const { status, text } = await call(`${target.simulator.controlUrl}${path}`, method, {}, body);
    if (status >= 300) throw new Error(`the simulator answered ${status} to ${method} ${path}: ${text.slice(0, 300)}`);
    return text;
  };
  let userId: number | undefined;
  const order = async () => {
    userId ??= await findUser(target.database.url);
    const outTradeNo = `PAGE_${randomUUID().replaceAll('-', '').slice(0, 20).toUpperCase()}`;
    const terms = { out_trade_no: outTradeNo, user_id: userId, amount_total: AMOUNT_FEN };
    const whole = { ...terms, trade_type: 'native', points: AMOUNT_FEN, description: 'documented commands' };
    const headers = { authorization: `Bearer ${apiKey}` };
    return { outTradeNo, ...(await call(`${checkoutUrl}/v1/orders`, 'POST', headers, whole)) };
  };

  return {
    control,
    async makeOrder() {
      const { outTradeNo, status, text } = await order();
      if (status >= 300) throw new Error(`the order API answered ${status}: ${text.slice(0, 300)}`);
      return outTradeNo;
    },
    async tryOrder() {
      const { status, text } = await order();
      return { status, body: text };
    },
    pay: async (outTradeNo) => void (await control('POST', `/orders/${outTradeNo}/pay`, {})),
    async payWithoutCallback(outTradeNo) {
      await control('POST', '/pay', { orders: [{ outTradeNo, faults: [{ kind: 'lost' }] }] });
    },
    async untilCredited(outTradeNo, withinMs) {
      const credited = await waitFor(async () => {
        const select = 'SELECT COUNT(*) AS n FROM payment_orders WHERE out_trade_no = ? AND credited_at IS NOT NULL';
        const rows: { n: number | bigint }[] = await pool.query(select, [outTradeNo]);
        return Number(rows[0]?.n ?? 0) > 0;
      }, withinMs);
      if (credited === undefined) throw new Error(`${outTradeNo} was paid and is not credited after ${withinMs} ms`);
      return credited.ms;
    },
    async callBack(outTradeNo) {
      const known: { transactionId: string; total: number } = JSON.parse(await control('GET', `/orders/${outTradeNo}`));
      const sender = createCallbackSender(callbackUrl, 1);
      try {
        return await sender.send(await signCallback(outside.signing, { ...known, outTradeNo }));
      } catch (err) {
        return err instanceof Error && 'code' in err ? String(err.code) : String(err);
      } finally {
        sender.close();
      }
    },
    close: () => pool.end(),
  };
}

async function call(url: string, method: string, headers: Record<string, string>, body?: object) {
  const answer = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  return { status: answer.status, text: await answer.text() };
}
