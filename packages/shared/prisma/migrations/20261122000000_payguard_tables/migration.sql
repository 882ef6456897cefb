-- Expand: columns and tables that the previous release ignores. The legacy upgrade fills the new columns
-- between this migration and the next one.
ALTER TABLE payment_orders
  ADD COLUMN mchid          VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN appid          VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN amount_total   BIGINT      NULL,
  ADD COLUMN currency       CHAR(3)     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'CNY',
  ADD COLUMN trade_state    VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN expires_at     DATETIME(3) NULL,
  ADD COLUMN credited_at    DATETIME(3) NULL,
  ADD COLUMN closed_at      DATETIME(3) NULL,
  ADD COLUMN refunded_total BIGINT      NOT NULL DEFAULT 0,
  ADD COLUMN points_taken   BIGINT      NOT NULL DEFAULT 0,
  ADD COLUMN credit_hold    VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;

ALTER TABLE point_transactions
  ADD COLUMN ledger_key VARCHAR(96)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  ADD COLUMN source     VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL;

-- The legacy upgrade, the invariants and the ledger look rows up by these; a shop rarely has them.
ALTER TABLE point_transactions
  ADD KEY point_transactions_user_id (user_id, id),
  ADD KEY point_transactions_order_no (order_no);

CREATE TABLE ledger_baselines (
  user_id        BIGINT      NOT NULL,
  balance        BIGINT      NOT NULL,
  last_ledger_id BIGINT      NOT NULL,
  taken_at       DATETIME(3) NOT NULL,
  PRIMARY KEY (user_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE order_checks (
  order_id      BIGINT       NOT NULL,
  next_check_at DATETIME(3)  NOT NULL,
  attempts      INT          NOT NULL DEFAULT 0,
  lease_by      VARCHAR(128) NULL,
  lease_until   DATETIME(3)  NULL,
  PRIMARY KEY (order_id),
  KEY order_checks_due (next_check_at, order_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE payment_evidence (
  order_id      BIGINT      NOT NULL,
  witness       VARCHAR(16) NOT NULL,
  first_seen_at DATETIME(3) NOT NULL,
  PRIMARY KEY (order_id, witness)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE refunds (
  id            BIGINT      NOT NULL AUTO_INCREMENT,
  order_id      BIGINT      NOT NULL,
  mchid         VARCHAR(32) NOT NULL,
  out_refund_no VARCHAR(64) NOT NULL,
  refund_id     VARCHAR(64) NULL,
  amount        BIGINT      NOT NULL,
  status        VARCHAR(16) NOT NULL,
  success_time  DATETIME(3) NULL,
  next_check_at DATETIME(3) NULL,
  created_at    DATETIME(3) NOT NULL,
  updated_at    DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY refunds_out_refund_no (mchid, out_refund_no),
  UNIQUE KEY refunds_refund_id (mchid, refund_id),
  KEY refunds_order_id (order_id),
  KEY refunds_due (next_check_at, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE parked_events (
  id              BIGINT       NOT NULL AUTO_INCREMENT,
  mchid           VARCHAR(32)  NOT NULL,
  out_trade_no    VARCHAR(64)  NOT NULL,
  event_key       VARCHAR(160) NOT NULL,
  reason          VARCHAR(32)  NOT NULL,
  state           VARCHAR(16)  NOT NULL DEFAULT 'waiting',
  event           LONGTEXT     NOT NULL,
  kafka_topic     VARCHAR(249) NOT NULL,
  kafka_partition INT          NOT NULL,
  kafka_offset    BIGINT       NOT NULL,
  parked_at       DATETIME(3)  NOT NULL,
  next_check_at   DATETIME(3)  NOT NULL,
  reported_at     DATETIME(3)  NULL,
  PRIMARY KEY (id),
  UNIQUE KEY parked_events_event (mchid, out_trade_no, event_key),
  KEY parked_events_due (state, next_check_at, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE dead_letters (
  id              BIGINT       NOT NULL AUTO_INCREMENT,
  kafka_topic     VARCHAR(249) NOT NULL,
  kafka_partition INT          NOT NULL,
  kafka_offset    BIGINT       NOT NULL,
  outcome         VARCHAR(16)  NOT NULL,
  handled_by      VARCHAR(128) NOT NULL,
  reason          VARCHAR(500) NOT NULL,
  handled_at      DATETIME(3)  NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY dead_letters_record (kafka_topic, kafka_partition, kafka_offset)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
