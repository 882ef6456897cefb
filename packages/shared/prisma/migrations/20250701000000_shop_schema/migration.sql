-- The shop's own schema, as payguard found it. An existing shop is baselined at this migration and upgraded in place.
CREATE TABLE users (
  id         BIGINT       NOT NULL AUTO_INCREMENT,
  nickname   VARCHAR(64)  NULL,
  points     BIGINT       NOT NULL DEFAULT 0,
  created_at DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE payment_orders (
  id             BIGINT       NOT NULL AUTO_INCREMENT,
  order_no       VARCHAR(64)  NOT NULL,
  out_trade_no   VARCHAR(64)  NOT NULL,
  user_id        BIGINT       NOT NULL,
  payment_status VARCHAR(20)  NOT NULL DEFAULT 'pending',
  transaction_id VARCHAR(64)  NULL,
  payment_time   DATETIME     NULL,
  notify_time    DATETIME     NULL,
  points         INT          NOT NULL,
  bonus_points   INT          NOT NULL DEFAULT 0,
  created_at     DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at     DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  KEY payment_orders_user_id (user_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE point_transactions (
  id            BIGINT       NOT NULL AUTO_INCREMENT,
  user_id       BIGINT       NOT NULL,
  type          VARCHAR(20)  NOT NULL,
  amount        BIGINT       NOT NULL,
  balance_after BIGINT       NOT NULL,
  order_no      VARCHAR(64)  NULL,
  description   VARCHAR(255) NULL,
  created_at    DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4;
