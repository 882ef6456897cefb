-- Contract: what the legacy upgrade has made true is held by the database from here on.
ALTER TABLE payment_orders
  MODIFY COLUMN order_no       VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  MODIFY COLUMN out_trade_no   VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  MODIFY COLUMN transaction_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  MODIFY COLUMN payment_status VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'pending';

ALTER TABLE payment_orders
  ADD CONSTRAINT payment_orders_status_known
    CHECK (payment_status IN ('pending', 'paid', 'failed', 'cancelled', 'refunded', 'expired'));

ALTER TABLE payment_orders
  ADD UNIQUE KEY payment_orders_out_trade_no (mchid, out_trade_no),
  ADD UNIQUE KEY payment_orders_transaction_id (mchid, transaction_id),
  ADD KEY payment_orders_status (payment_status, created_at),
  ADD KEY payment_orders_order_no (order_no);

-- The same collation as in payment_orders: else no index serves a join of the two.
ALTER TABLE point_transactions
  MODIFY COLUMN order_no VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD UNIQUE KEY point_transactions_ledger_key (ledger_key);
