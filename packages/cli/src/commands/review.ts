import { BadInput, type Command } from '../command.ts';
import { runReviewDecision } from './review-decision.ts';
import { runReviewList } from './review-list.ts';

const HELP = `Usage: payguard review list [--json]
       payguard review credit|refund|dismiss --order NUMBER --by NAME --reason TEXT [options]

Payments that wait for a person: they came after the order was closed (latePayment: review), or the order is on hold
because its ledger does not fit together.

  list     what is held, since when and why, and the verdict so far
  credit   the order gets its points
  refund   the payer gets the money back: a refund is requested, and the reconciler sends it
  dismiss  neither; the payment stays as it is, and may still be credited or refunded later

No verdict overrides that merchant, app id, currency and amount must be the order's.

  --order NUMBER      the order number, WeChat Pay's or the shop's own
  --transaction ID    which payment, where several are held
  --mchid ID          the merchant, where several have an order of that number
  --by, --reason      the person who decides, and why; kept in the audit log
  --approved-by NAME  the second person, where your rules want one
  --json              the outcome as JSON
  --brokers LIST      host:port,host:port (default: KAFKA_BROKERS; TLS and SASL from the KAFKA_ variables)
  --database-url URL  mysql://user:password@host:3306/database (default: DATABASE_URL)

Exit code: 0 done, 1 published but not applied yet (or refused by points), 2 refused, nothing was done.`;

export const reviewCommand: Command = {
  summary: 'decide on payments that are held for a person',
  help: HELP,
  run: async ([name, ...args]) => {
    switch (name) {
      case 'list':
        return runReviewList(args);
      case 'credit':
      case 'refund':
      case 'dismiss':
        return runReviewDecision(name, args);
      default:
        throw new BadInput(
          `payguard review ${name ?? 'alone'} means nothing: write review list, credit, refund or dismiss.`,
        );
    }
  },
};
