import type { Words } from './words.ts';

/** English, on request. */
export const EN: Words = {
  severities: { critical: 'CRITICAL', warning: 'WARNING', info: 'INFO' },
  standings: {
    open: 'New',
    escalated: 'Open too long',
    repeated: 'Still firing',
    autoRepaired: 'Repaired by itself',
    resolved: 'Resolved',
    dismissed: 'Dismissed',
    ended: 'Recovered',
    digest: 'Repaired by itself',
  },
  kinds: {
    paid_not_recorded: {
      name: 'Paid at WeChat Pay, not credited here',
      open: {
        done: 'WeChat Pay has confirmed the payment and it was sent to be credited again, but it is not credited yet; payguard keeps checking.',
        todo: (order) =>
          `If no "Repaired by itself" follows within minutes, see whether points, Kafka and the database are well, then run payguard repair --order ${order} --dry-run.`,
      },
      repaired: 'The callback was lost or late; payguard found the payment by asking WeChat Pay, and it is credited.',
    },
    paid_after_close: {
      name: 'Paid after the order was closed',
      open: {
        done: 'Not credited: it waits for a person. The money is in the merchant account.',
        todo: (order) =>
          `Decide: payguard review credit --order ${order} or payguard review refund --order ${order} (with --by and --reason).`,
      },
      repaired: "Settled by the merchant's rule or a person's decision (credited, or sent back to the payer).",
    },
    amount_mismatch: {
      name: "Amount paid is not the order's",
      open: {
        done: "Not credited: a payment whose amount or currency is not the order's never is.",
        todo: () =>
          'Compare the amounts and find out whether the order was made wrongly or tampered with; refund in the WeChat Pay merchant platform if need be, then mark this mismatch as resolved.',
      },
      repaired: 'The amounts agree; the mismatch is gone.',
    },
    identity_mismatch: {
      name: "Merchant or app of the payment is not the order's",
      open: {
        done: "Not credited: a payment whose merchant or appid is not the order's never is.",
        todo: () =>
          "Compare the order's merchant and appid with merchants.yaml and find out whose payment it is; refund in the WeChat Pay merchant platform if need be.",
      },
      repaired: 'Merchant and app agree; the mismatch is gone.',
    },
    unknown_order: {
      name: 'Paid at WeChat Pay, no such order here',
      open: {
        done: 'The payment is kept; it is dealt with as soon as the order appears.',
        todo: () =>
          'Find out why the order is missing: add it and it is credited by itself, or refund; where other systems share the merchant number, set orderPrefixes in merchants.yaml.',
      },
      repaired: 'The order has appeared, and the payment was dealt with.',
    },
    duplicate_payment: {
      name: 'An order was paid twice',
      open: {
        done: 'Only the first payment is credited; the second is not.',
        todo: () =>
          'Verify it, refund the second payment in the WeChat Pay merchant platform, then mark this mismatch as resolved.',
      },
      repaired: 'The second payment is settled.',
    },
    missing_at_wechat: {
      name: 'Credited here, unknown to WeChat Pay',
      open: {
        done: 'Asked WeChat Pay and looked through the bills of three days: none has this payment. Order and balance are untouched.',
        todo: () =>
          "Find out at once where the credit came from (forged, or written into the database by hand), and freeze the user's points if need be.",
      },
      repaired: 'The payment was found at WeChat Pay; the mismatch is gone.',
    },
    bill_missing: {
      name: 'Bill missing',
      open: {
        done: 'It is asked for again every 30 minutes, and compared once it is there.',
        todo: () =>
          'See in the WeChat Pay merchant platform whether the bill exists and the API permission is in order.',
      },
      repaired: 'The bill is there and has been compared.',
    },
    refund_mismatch: {
      name: 'Refund does not fit',
      open: {
        done: 'Both states are recorded; no points were taken and nothing was refunded again.',
        todo: (order) =>
          `Compare the refund with the user's points (there may be too few to take back): payguard mismatch list --order ${order}; settle the refund in the WeChat Pay merchant platform if need be.`,
      },
      repaired: 'The refund fits; the mismatch is gone.',
    },
    ledger_mismatch: {
      name: 'Order and ledger do not fit',
      open: {
        done: 'The order is on hold and credited by nobody; ledger and balance are untouched.',
        todo: (order) =>
          `See whether the ledger already has this recharge, then decide: payguard review credit --order ${order}, or refund, or dismiss.`,
      },
      repaired: 'Order and ledger fit; the mismatch is gone.',
    },
  },
  unknownKind: {
    open: {
      done: 'A newer release found this kind of mismatch; this alerter has no words for it.',
      todo: (order) => `Update the alerter, and see payguard mismatch list --order ${order}.`,
    },
    repaired: 'The mismatch is gone.',
  },
  unwritable: (id) => `An item cannot be written (${id}): look it up in the database.`,
  labels: {
    order: 'Order',
    merchant: 'Merchant',
    transaction: 'WeChat Pay transaction',
    refund: 'Refund',
    systemStatus: 'Status here',
    wechatStatus: 'Status at WeChat Pay',
    amount: 'Amount',
    systemAmount: 'Amount here',
    wechatAmount: 'Amount at WeChat Pay',
    detectedAt: 'Found at',
    endedAt: 'Recovered at',
    settledAt: 'Settled at',
    openFor: 'Open for',
    done: 'Done so far',
    todo: 'Left to do',
    id: 'Mismatch',
    lookUp: 'Look it up',
    alert: 'Alert',
    description: 'Description',
    labels: 'Labels',
    startsAt: 'Since',
  },
  colon: ': ',
  links: { console: 'Open in the console', runbook: 'Runbook', dashboard: 'Dashboard' },
  statuses: {
    pending: 'waiting for payment',
    paid: 'paid',
    failed: 'failed',
    cancelled: 'cancelled',
    refunded: 'refunded',
    expired: 'expired',
    unknown: 'no such order',
    SUCCESS: 'paid',
    REFUND: 'refunded',
    NOTPAY: 'not paid',
    CLOSED: 'closed',
    REVOKED: 'revoked',
    USERPAYING: 'paying',
    PAYERROR: 'payment failed',
    NOT_EXIST: 'does not exist',
  },
  refundStatuses: {
    requested: 'requested, not sent yet',
    PROCESSING: 'under way',
    SUCCESS: 'refunded',
    CLOSED: 'closed',
    ABNORMAL: 'abnormal',
    NOT_EXIST: 'does not exist',
  },
  status: (code, meaning) => (code === meaning ? code : `${meaning} (${code})`),
  tag: (text) => `${text}: `,
  title: (tag, subject, total) => `${tag}${subject} (${total} in total)`,
  andOthers: (subject) => `${subject} and others`,
  total: (total) => `${total} in total`,
  more: (hidden) => `…and ${hidden} more that are not listed.`,
  yuan: (amount) => `CNY ${amount}`,
  beijingTime: (time) => `${time} (UTC+8)`,
  duration: (days, hours, minutes) =>
    [days > 0 ? `${days} d` : '', hours > 0 ? `${hours} h` : '', minutes > 0 ? `${minutes} min` : '']
      .filter((part) => part !== '')
      .join(' ') || 'less than a minute',
  unknownOrder: 'ORDER',
  nothingLeft: 'Nothing.',
  settledBy: (by, reason) => `Settled by ${by}${reason === '' ? '' : `: ${reason}`}.`,
  test: 'TEST',
  testNote: 'Test message: sent by hand to try this channel; nothing is to be done.',
  testText: 'The alerts of payguard arrive here',
  insteadOf: (channel) => `The channel ${channel} could not deliver; this channel stands in.`,
};
