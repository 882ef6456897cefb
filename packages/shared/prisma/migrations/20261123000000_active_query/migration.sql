-- Expand: what asking WeChat Pay actively needs. The previous release goes on inserting into order_checks without a
-- merchant; the sweep of the next poll fills it in.
ALTER TABLE order_checks
  ADD COLUMN mchid         VARCHAR(32) NOT NULL DEFAULT '',
  -- 0: younger than 30 minutes, somebody waits for it; 1: the backlog.
  ADD COLUMN lane          INT         NOT NULL DEFAULT 0,
  -- When its SUCCESS was first published, and when somebody was told that it is still not credited.
  ADD COLUMN confirmed_at  DATETIME(3) NULL,
  ADD COLUMN reported_at   DATETIME(3) NULL,
  -- The first ORDER_NOT_EXIST after expires_at; a second one an hour later closes the order.
  ADD COLUMN missing_since DATETIME(3) NULL,
  ADD KEY order_checks_lane (mchid, lane, next_check_at, order_id),
  ADD KEY order_checks_lease (lease_by),
  DROP KEY order_checks_due;

-- A refund that is requested is sent by the reconciler, for an order that may have no other trace of its payment.
ALTER TABLE refunds
  ADD COLUMN transaction_id VARCHAR(64)  NULL,
  ADD COLUMN reason         VARCHAR(80)  NULL,
  ADD COLUMN attempts       INT          NOT NULL DEFAULT 0,
  ADD COLUMN lease_by       VARCHAR(128) NULL,
  ADD COLUMN lease_until    DATETIME(3)  NULL,
  ADD COLUMN reported_at    DATETIME(3)  NULL,
  ADD KEY refunds_lease (lease_by),
  DROP KEY refunds_due,
  ADD KEY refunds_due (mchid, next_check_at, id);

-- The next moment, in microseconds since 1970, at which a share of a merchant's request budget is free.
CREATE TABLE request_budgets (
  mchid        VARCHAR(32) NOT NULL,
  share        VARCHAR(16) NOT NULL,
  next_slot_us BIGINT      NOT NULL,
  PRIMARY KEY (mchid, share)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What a client's Idempotency-Key stands for: the same request again gets the same order.
CREATE TABLE idempotency_keys (
  client          VARCHAR(64)  NOT NULL,
  idempotency_key VARCHAR(128) NOT NULL,
  request_hash    CHAR(64)     NOT NULL,
  mchid           VARCHAR(32)  NOT NULL,
  out_trade_no    VARCHAR(64)  NOT NULL,
  created_at      DATETIME(3)  NOT NULL,
  PRIMARY KEY (client, idempotency_key),
  KEY idempotency_keys_created_at (created_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- How an order was asked for at WeChat Pay: an identical repeat gets the identical answer, anything else is refused.
CREATE TABLE order_prepays (
  order_id     BIGINT       NOT NULL,
  trade_type   VARCHAR(16)  NOT NULL,
  request_hash CHAR(64)     NOT NULL,
  created_at   DATETIME(3)  NOT NULL,
  PRIMARY KEY (order_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE job_runs (
  id          BIGINT       NOT NULL AUTO_INCREMENT,
  job         VARCHAR(32)  NOT NULL,
  run_by      VARCHAR(128) NOT NULL,
  started_at  DATETIME(3)  NOT NULL,
  finished_at DATETIME(3)  NULL,
  outcome     VARCHAR(16)  NOT NULL,
  counts      LONGTEXT     NOT NULL,
  PRIMARY KEY (id),
  KEY job_runs_job (job, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE job_totals (
  job   VARCHAR(32) NOT NULL,
  name  VARCHAR(64) NOT NULL,
  value BIGINT      NOT NULL,
  PRIMARY KEY (job, name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- How far a job that walks a table by its key has come.
CREATE TABLE job_positions (
  name     VARCHAR(64) NOT NULL,
  position BIGINT      NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE repair_batches (
  id           BIGINT       NOT NULL AUTO_INCREMENT,
  started_by   VARCHAR(128) NOT NULL,
  reason       VARCHAR(500) NOT NULL,
  dry_run_hash CHAR(64)     NOT NULL,
  started_at   DATETIME(3)  NOT NULL,
  finished_at  DATETIME(3)  NULL,
  backup       LONGTEXT     NOT NULL,
  results      LONGTEXT     NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Append only; each row's hash covers the row and the hash before it.
CREATE TABLE audit_log (
  id            BIGINT       NOT NULL AUTO_INCREMENT,
  at            DATETIME(3)  NOT NULL,
  actor         VARCHAR(128) NOT NULL,
  action        VARCHAR(64)  NOT NULL,
  subject       VARCHAR(160) NOT NULL,
  reason        VARCHAR(500) NOT NULL,
  before_state  LONGTEXT     NULL,
  after_state   LONGTEXT     NULL,
  previous_hash CHAR(64)     NOT NULL,
  hash          CHAR(64)     NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY audit_log_previous_hash (previous_hash),
  KEY audit_log_subject (subject)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
