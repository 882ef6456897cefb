-- Expand: mismatches and who is told of them, the probe of the callback URL, and figures that jobs leave for points to export.

-- The alerter alone writes here. A row is the join of all events about one id, whatever order they came in.
CREATE TABLE mismatches (
  id                 CHAR(32)     NOT NULL,
  kind               VARCHAR(32)  NOT NULL,
  state              VARCHAR(16)  NOT NULL,
  mchid              VARCHAR(32)  NOT NULL,
  out_trade_no       VARCHAR(64)  NULL,
  transaction_id     VARCHAR(64)  NULL,
  refund_id          VARCHAR(64)  NULL,
  system_status      VARCHAR(64)  NOT NULL,
  wechat_status      VARCHAR(64)  NOT NULL,
  system_amount      BIGINT       NULL,
  wechat_amount      BIGINT       NULL,
  handled_by         VARCHAR(128) NULL,
  handled_reason     VARCHAR(500) NULL,
  -- The earliest time any event gives, and that of the event which brought the state.
  detected_at        DATETIME(3)  NOT NULL,
  state_at           DATETIME(3)  NOT NULL,
  received_at        DATETIME(3)  NOT NULL,
  escalations        INT          NOT NULL DEFAULT 0,
  next_escalation_at DATETIME(3)  NULL,
  PRIMARY KEY (id),
  KEY mismatches_state (state, kind, detected_at),
  KEY mismatches_order (mchid, out_trade_no),
  KEY mismatches_escalation (next_escalation_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What is to be told, and through which channel: once for the same news on the same channel, restarts included.
CREATE TABLE alert_notices (
  id          BIGINT       NOT NULL AUTO_INCREMENT,
  channel     VARCHAR(64)  NOT NULL,
  dedupe_key  VARCHAR(200) NOT NULL,
  subject     VARCHAR(160) NOT NULL,
  news        VARCHAR(16)  NOT NULL,
  severity    VARCHAR(16)  NOT NULL,
  -- What cannot be read from mismatches when it is sent: an alert's labels and annotations.
  payload     LONGTEXT     NULL,
  traceparent VARCHAR(64)  NULL,
  state       VARCHAR(16)  NOT NULL,
  due_at      DATETIME(3)  NOT NULL,
  delivery_id BIGINT       NULL,
  created_at  DATETIME(3)  NOT NULL,
  ended_at    DATETIME(3)  NULL,
  PRIMARY KEY (id),
  UNIQUE KEY alert_notices_once (channel, dedupe_key),
  KEY alert_notices_due (channel, state, due_at, id),
  KEY alert_notices_subject (subject),
  KEY alert_notices_delivery (delivery_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Every attempt to send a message, written before it is made: a crash leaves its trace, and the rate limit counts it.
CREATE TABLE alert_deliveries (
  id         BIGINT       NOT NULL AUTO_INCREMENT,
  channel    VARCHAR(64)  NOT NULL,
  title      VARCHAR(200) NOT NULL,
  notices    INT          NOT NULL,
  started_at DATETIME(3)  NOT NULL,
  ended_at   DATETIME(3)  NULL,
  outcome    VARCHAR(16)  NOT NULL,
  code       VARCHAR(64)  NULL,
  detail     VARCHAR(500) NULL,
  PRIMARY KEY (id),
  KEY alert_deliveries_channel (channel, started_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One process at a time sends on a channel.
CREATE TABLE alert_channels (
  channel       VARCHAR(64)  NOT NULL,
  lease_by      VARCHAR(128) NULL,
  lease_until   DATETIME(3)  NULL,
  failures      INT          NOT NULL DEFAULT 0,
  failing_since DATETIME(3)  NULL,
  quiet_until   DATETIME(3)  NULL,
  PRIMARY KEY (channel)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Credits that the shop is told of by a signed webhook, so that it can tell its users.
CREATE TABLE shop_notifications (
  id              VARCHAR(128) NOT NULL,
  mchid           VARCHAR(32)  NOT NULL,
  out_trade_no    VARCHAR(64)  NOT NULL,
  repaired        INT          NOT NULL,
  body            LONGTEXT     NOT NULL,
  traceparent     VARCHAR(64)  NULL,
  state           VARCHAR(16)  NOT NULL,
  attempts        INT          NOT NULL DEFAULT 0,
  next_attempt_at DATETIME(3)  NULL,
  lease_by        VARCHAR(128) NULL,
  lease_until     DATETIME(3)  NULL,
  code            VARCHAR(64)  NULL,
  detail          VARCHAR(500) NULL,
  created_at      DATETIME(3)  NOT NULL,
  ended_at        DATETIME(3)  NULL,
  PRIMARY KEY (id),
  KEY shop_notifications_due (next_attempt_at),
  KEY shop_notifications_order (mchid, out_trade_no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE callback_probes (
  id            BIGINT       NOT NULL AUTO_INCREMENT,
  url           VARCHAR(255) NOT NULL,
  started_at    DATETIME(3)  NOT NULL,
  finding       VARCHAR(32)  NOT NULL,
  sentence      VARCHAR(500) NOT NULL,
  http_status   INT          NULL,
  latency_ms    INT          NULL,
  tls_not_after DATETIME(3)  NULL,
  PRIMARY KEY (id),
  KEY callback_probes_url (url, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The last value of a figure that a job has seen; points exports them.
CREATE TABLE job_gauges (
  name        VARCHAR(64)  NOT NULL,
  label       VARCHAR(255) NOT NULL,
  value       DOUBLE       NOT NULL,
  observed_at DATETIME(3)  NOT NULL,
  PRIMARY KEY (name, label)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- points looks at the state of the whole system every 15 s: what it counts must be found by index.
ALTER TABLE payment_orders
  ADD KEY payment_orders_credited_at (credited_at),
  ADD KEY payment_orders_credit_hold (credit_hold);
ALTER TABLE refunds ADD KEY refunds_status (status);
ALTER TABLE job_runs ADD KEY job_runs_finished (job, outcome, finished_at);
