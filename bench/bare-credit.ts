import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { inTransaction } from '@payguard/shared/database/transaction';
import type { ConsumedRecord } from '@payguard/shared/kafka/batch-consumer';

/**
 * What points is measured against: its own SQL statements with the same rows, straight from the JSON. No schema, no
 * decision, no announcement, no counting. Only fit for records that are known to be good and new.
 */
export async function creditWithSameStatements(pool: DatabasePool, records: ConsumedRecord[]): Promise<void> {
  const events = records.map((record) => ({ record, data: JSON.parse(String(record.message.value)) }));
  const mchid = events[0]?.data.mchid;
  const numbers = events.map(({ data }) => data.out_trade_no);
  const now = '2025-07-12 01:00:00';
  await inTransaction(pool, async (connection) => {
    const found = await connection.query('SELECT id FROM payment_orders WHERE mchid = ? AND out_trade_no IN (?)', [
      mchid,
      numbers,
    ]);
    const ids = found.map((row: { id: number }) => row.id).sort((a: number, b: number) => a - b);
    const orders = await connection.query(
      {
        sql: `SELECT id, user_id, order_no, out_trade_no, mchid, appid, amount_total, currency, points, bonus_points,
                     payment_status, transaction_id, payment_time, notify_time, trade_state, credited_at, closed_at,
                     refunded_total, points_taken, credit_hold
              FROM payment_orders WHERE id IN (?) ORDER BY id FOR UPDATE`,
        dateStrings: true,
      },
      [ids],
    );
    await connection.query(
      `SELECT id, mchid, out_trade_no, reason, event, kafka_topic, kafka_partition, kafka_offset FROM parked_events
       WHERE mchid = ? AND out_trade_no IN (?) AND state = 'waiting' ORDER BY id`,
      [mchid, numbers],
    );
    const userIds = [...new Set<number>(orders.map((row: { user_id: number }) => row.user_id))].sort((a, b) => a - b);
    const users = await connection.query('SELECT id, points FROM users WHERE id IN (?) ORDER BY id FOR UPDATE', [
      userIds,
    ]);
    const known = await connection.query('SELECT user_id FROM ledger_baselines WHERE user_id IN (?)', [userIds]);
    const met = new Set(known.map((row: { user_id: number }) => row.user_id));
    const unmet = userIds.filter((id) => !met.has(id));
    if (unmet.length > 0) {
      await connection.query(
        'SELECT user_id, MAX(id) AS last_id FROM point_transactions WHERE user_id IN (?) GROUP BY user_id',
        [unmet],
      );
      await insert(
        connection,
        'INSERT INTO ledger_baselines (user_id, balance, last_ledger_id, taken_at) VALUES',
        unmet.map((id) => [id, 0, 0, now]),
      );
    }
    const balances = new Map<number, number>(users.map((row: { id: number; points: number }) => [row.id, row.points]));
    const byNumber = new Map(events.map((event) => [event.data.out_trade_no, event]));
    const ledger = orders.map((row: { id: number; user_id: number; out_trade_no: string; points: number }) => {
      const balance = (balances.get(row.user_id) ?? 0) + row.points;
      balances.set(row.user_id, balance);
      const { record } = byNumber.get(row.out_trade_no) ?? {};
      return [
        row.user_id,
        'recharge',
        row.points,
        balance,
        row.out_trade_no,
        '充值到账 payguard',
        now,
        `recharge:${row.id}`,
        `${record?.topic}:${record?.partition}:${record?.message.offset}`,
      ];
    });
    await insert(
      connection,
      'INSERT INTO point_transactions (user_id, type, amount, balance_after, order_no, description, created_at, ledger_key, source) VALUES',
      ledger,
    );
    await connection.query(
      `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$[0]' ERROR ON ERROR, points BIGINT PATH '$[1]' ERROR ON ERROR)) AS v
         STRAIGHT_JOIN users u ON u.id = v.id
       SET u.points = v.points, u.updated_at = ?`,
      [JSON.stringify([...balances]), now],
    );
    await connection.query(UPDATE_ORDERS, [
      JSON.stringify(
        orders.map((row: { id: number; out_trade_no: string }) =>
          paidRow(row.id, byNumber.get(row.out_trade_no)?.data),
        ),
      ),
      now,
    ]);
    await insert(
      connection,
      'INSERT INTO payment_evidence (order_id, witness, first_seen_at) VALUES',
      ids.map((id: number) => [id, 'callback', now]),
      'ON DUPLICATE KEY UPDATE first_seen_at = LEAST(first_seen_at, VALUES(first_seen_at))',
    );
    await connection.query('DELETE FROM order_checks WHERE order_id IN (?)', [ids]);
  });
}

/** The textbook's way: one transaction an event with the raw driver. */
export async function creditOneByOne(pool: DatabasePool, records: ConsumedRecord[]): Promise<void> {
  const now = '2025-07-12 01:00:00';
  for (const record of records) {
    const data = JSON.parse(String(record.message.value));
    await inTransaction(pool, async (connection) => {
      const [order] = await connection.query(
        'SELECT * FROM payment_orders WHERE mchid = ? AND out_trade_no = ? FOR UPDATE',
        [data.mchid, data.out_trade_no],
      );
      const [user] = await connection.query('SELECT points FROM users WHERE id = ? FOR UPDATE', [order.user_id]);
      const balance = user.points + order.points;
      await connection.query(
        "INSERT INTO point_transactions (user_id, type, amount, balance_after, order_no, created_at, ledger_key) VALUES (?, 'recharge', ?, ?, ?, ?, ?)",
        [order.user_id, order.points, balance, order.order_no, now, `recharge:${order.id}`],
      );
      await connection.query('UPDATE users SET points = ?, updated_at = ? WHERE id = ?', [balance, now, order.user_id]);
      await connection.query(
        "UPDATE payment_orders SET payment_status = 'paid', transaction_id = ?, payment_time = ?, notify_time = ?, credited_at = ?, updated_at = ? WHERE id = ?",
        [data.transaction_id, now, now, now, now, order.id],
      );
    });
  }
}

const UPDATE_ORDERS = `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
    id BIGINT PATH '$.id' ERROR ON ERROR, payment_status VARCHAR(64) PATH '$.paymentStatus' ERROR ON ERROR,
    transaction_id VARCHAR(128) PATH '$.transactionId' ERROR ON ERROR, payment_time VARCHAR(32) PATH '$.paymentTime' ERROR ON ERROR,
    notify_time VARCHAR(32) PATH '$.notifyTime' ERROR ON ERROR, trade_state VARCHAR(64) PATH '$.tradeState' ERROR ON ERROR,
    credited_at VARCHAR(32) PATH '$.creditedAt' ERROR ON ERROR, closed_at VARCHAR(32) PATH '$.closedAt' ERROR ON ERROR,
    refunded_total BIGINT PATH '$.refundedTotal' ERROR ON ERROR, points_taken BIGINT PATH '$.pointsTaken' ERROR ON ERROR)) AS v
  STRAIGHT_JOIN payment_orders o ON o.id = v.id
  SET o.payment_status = v.payment_status, o.transaction_id = v.transaction_id, o.payment_time = v.payment_time,
      o.notify_time = v.notify_time, o.trade_state = v.trade_state, o.credited_at = v.credited_at, o.closed_at = v.closed_at,
      o.refunded_total = v.refunded_total, o.points_taken = v.points_taken, o.updated_at = ?`;

function paidRow(id: number, data: { transaction_id: string }) {
  const time = '2025-07-12 00:57:19';
  return {
    id,
    paymentStatus: 'paid',
    transactionId: data.transaction_id,
    paymentTime: time,
    notifyTime: time,
    tradeState: 'SUCCESS',
    creditedAt: time,
    closedAt: null,
    refundedTotal: 0,
    pointsTaken: 0,
  };
}

async function insert(
  connection: { query(sql: string, values: unknown[]): Promise<unknown> },
  head: string,
  rows: unknown[][],
  tail = '',
): Promise<void> {
  const one = `(${(rows[0] ?? []).map(() => '?').join(',')})`;
  await connection.query(`${head} ${rows.map(() => one).join(',')} ${tail}`, rows.flat());
}
