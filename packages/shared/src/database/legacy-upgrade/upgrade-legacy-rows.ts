import type { Clock } from '../../clock/clock.ts';
import type { DatabaseConnection } from '../connection-pool.ts';
import type { LegacyOptions } from './legacy-options.ts';
import { takeBaselines } from './take-baselines.ts';
import { type OrderFinding, type UpgradedOrder, upgradeOrders } from './upgrade-orders.ts';

export type LegacyReport = {
  users: number;
  orders: number;
  credited: number;
  /** Orders whose amount is not known: they are never credited by themselves. */
  unknownAmounts: number;
  /** Orders that a person must look at; all of them are held (`credit_hold = 'ledger_mismatch'`). */
  findings: OrderFinding[];
  /** How many there are in all, when more than the list holds. */
  findingCount: number;
};

export type UpgradeStep = { step: 'upgraded'; rows: 'users' | 'orders'; done: number };

/** The report stays readable and in memory; the held orders themselves are in the database. */
const MAX_FINDINGS = 10_000;

/**
 * Gives the rows from before payguard what the next migration's constraints demand, and tells which of them do not
 * fit together. After a kill it is run again from the start: what is done already is found done.
 */
export async function upgradeLegacyRows(
  connection: DatabaseConnection,
  clock: Clock,
  options: LegacyOptions,
  onStep: (step: UpgradeStep) => void,
): Promise<LegacyReport> {
  await setDefaults(connection, options);
  const users = await takeBaselines(connection, clock, options.batchRows, (done) =>
    onStep({ step: 'upgraded', rows: 'users', done }),
  );
  const report: LegacyReport = { users, orders: 0, credited: 0, unknownAmounts: 0, findings: [], findingCount: 0 };
  await upgradeOrders(connection, clock, options, (orders) => {
    addToReport(report, orders);
    onStep({ step: 'upgraded', rows: 'orders', done: report.orders });
  });
  return report;
}

/** Rows that the shop goes on inserting get its identity too. First, so that none slips through during the batches. */
async function setDefaults(connection: DatabaseConnection, options: LegacyOptions): Promise<void> {
  if (options.mchid === null || options.appid === null) return;
  // DDL takes no parameters; both have passed checkLegacyOptions (letters, digits and underscores).
  await connection.query(
    `ALTER TABLE payment_orders ALTER COLUMN mchid SET DEFAULT '${options.mchid}',
       ALTER COLUMN appid SET DEFAULT '${options.appid}'`,
  );
}

function addToReport(report: LegacyReport, orders: readonly UpgradedOrder[]): void {
  for (const order of orders) {
    report.orders += 1;
    if (order.credited) report.credited += 1;
    if (!order.amountKnown) report.unknownAmounts += 1;
    if (order.finding === null) continue;
    report.findingCount += 1;
    if (report.findings.length < MAX_FINDINGS) report.findings.push(order.finding);
  }
}
