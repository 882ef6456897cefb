import { parseArgs } from 'node:util';
import { systemClock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { BadInput, EXIT_FAILED, EXIT_OK } from '../command.ts';
import { POINTS_GIVEN } from '../doctor/points-given.ts';
import { withDatabase } from '../open-database.ts';
import { withPublisher } from '../open-publisher.ts';
import { findOrders, type OrderHere } from '../repair/find-orders.ts';
import { checkNumber } from '../repair/read-order-numbers.ts';
import { chooseHeld, type Verdict } from '../review/choose-held.ts';
import { type DecisionResult, decideHeld } from '../review/decide-held.ts';
import { findHeld } from '../review/held-payments.ts';
import { MAX_NAME_CHARS, PERSON_OPTIONS, readPerson, readText } from './person-options.ts';

const RESULT_TEXT: Record<DecisionResult, string> = {
  credited: 'credited',
  sent_back: 'its refund is requested',
  dismissed: 'dismissed',
  differs: 'not credited: it differs from the order (payment.mismatch says how)',
  waiting: 'published, but not applied within 30 s: see that points is running; it will be applied then',
  not_published: 'Kafka did not acknowledge the verdict: run this again',
};

/** `payguard review credit|refund|dismiss`. */
export async function runReviewDecision(verdict: Verdict, args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...PERSON_OPTIONS,
      order: { type: 'string' },
      transaction: { type: 'string' },
      mchid: { type: 'string' },
      'approved-by': { type: 'string' },
      json: { type: 'boolean', default: false },
      brokers: { type: 'string' },
      'database-url': { type: 'string' },
    },
  });
  if (values.order === undefined) throw new BadInput('No order is named: give --order NUMBER.');
  const number = checkNumber(values.order, '--order');
  const person = readPerson(values);
  const decided = { verdict, person, approvedBy: readApprover(values['approved-by'], person.by) };
  const transactionId = values.transaction ?? null;
  return withDatabase(values['database-url'], async (pool) => {
    const order = await findOne(pool, number, values.mchid ?? null);
    const held = await findHeld(pool, { mchid: order.mchid, outTradeNo: order.out_trade_no });
    const chosen = chooseHeld(order, held, { verdict, transactionId });
    if (chosen.verdict?.verdict === verdict) {
      return tell(values.json, chosen.outTradeNo, `${chosen.verdict.by} has decided so already`, EXIT_OK);
    }
    if (verdict !== 'dismiss') await refuseGiven(pool, order);
    const result = await withPublisher(values.brokers, (publisher) =>
      decideHeld({ pool, publisher, clock: systemClock }, order.id, chosen, decided),
    );
    const isDone = result === 'credited' || result === 'sent_back' || result === 'dismissed';
    return tell(values.json, chosen.outTradeNo, RESULT_TEXT[result], isDone ? EXIT_OK : EXIT_FAILED, result);
  });
}

/** Two people are two people. */
function readApprover(text: string | undefined, by: string): string | null {
  if (text === undefined) return null;
  const name = readText('approved-by', text, MAX_NAME_CHARS, 'the name of the second person');
  if (name === by) throw new BadInput('--approved-by is the same person as --by: give another, or leave it out.');
  return name;
}

async function findOne(
  pool: DatabasePool,
  number: string,
  mchid: string | null,
): Promise<OrderHere & { mchid: string }> {
  const mchids: { mchid: string }[] = await pool.query(
    'SELECT DISTINCT mchid FROM payment_orders WHERE mchid IS NOT NULL',
  );
  const known = mchids.map((row) => row.mchid);
  const orders = (await findOrders(pool, [number], known, mchid)).get(number) ?? [];
  const [order, ...others] = orders;
  if (order === undefined) throw new BadInput(`There is no order ${number}: payguard review list shows what is held.`);
  if (others.length > 0) throw new BadInput(`${number} names orders of several merchants: give --mchid.`);
  if (order.mchid === null) throw new BadInput(`The merchant of ${number} is unknown: run payguard migrate --mchid.`);
  return { ...order, mchid: order.mchid };
}

/** The repair SQL of before payguard, stopped half-way, leaves points in the ledger of an order that is not credited. */
async function refuseGiven(pool: DatabasePool, order: OrderHere): Promise<void> {
  const [row]: { given: number | string }[] = await pool.query(
    `SELECT ${POINTS_GIVEN} AS given FROM payment_orders o WHERE o.id = ?`,
    [order.id],
  );
  const given = Number(row?.given ?? 0);
  if (given <= 0) return;
  throw new BadInput(
    `The ledger has ${given} points for ${order.out_trade_no} already: dismiss it, or take them back first by a ledger row that names the order.`,
  );
}

function tell(
  json: boolean,
  outTradeNo: string,
  text: string,
  code: number,
  result: DecisionResult | null = null,
): number {
  console.log(json ? JSON.stringify({ out_trade_no: outTradeNo, result, text }) : `${outTradeNo}: ${text}`);
  return code;
}
