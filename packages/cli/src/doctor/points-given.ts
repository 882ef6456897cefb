/** The points that the ledger has given for an order `o`: corrections that name it count, refunds do not. */
export const POINTS_GIVEN = `(SELECT COALESCE(SUM(t.amount), 0) FROM point_transactions t
  WHERE t.order_no = o.order_no AND LOWER(t.type) <> 'refund')`;
