import type { Clock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { BadInput, EXIT_FAILED, EXIT_OK } from '../command.ts';
import type { Person } from '../commands/person-options.ts';
import { withPublisher } from '../open-publisher.ts';
import type { WechatPayAccess } from '../open-wechatpay.ts';
import { askOrders } from './ask-orders.ts';
import { type Backup, readBackup, saveBackup } from './backup-rows.ts';
import { formatJudged, formatRepaired, toJson } from './format-repair.ts';
import { hashResult } from './hash-result.ts';
import { isPublished, isTrouble, type JudgedOrder } from './judge-order.ts';
import { beginBatch, endBatch } from './repair-batch.ts';
import { type RepairedOrder, repairOrders } from './repair-orders.ts';

export type RepairRequest = {
  numbers: readonly string[];
  mchid: string | null;
  /** null for a dry run. `confirm` is the hash of the dry run whose result this one must have. */
  real: { person: Person; confirm: string | null } | null;
  backupDir: string;
  json: boolean;
  brokers: string | undefined;
};

export type RepairAccess = { pool: DatabasePool; wechatPay: WechatPayAccess; clock: Clock };

/** How often a long run says how far it is, in orders. */
const PROGRESS_EVERY = 100;

/** Asks, shows and, unless it is a dry run, repairs. Answers the exit code. Throws BadInput when refused. */
export async function runRepair(access: RepairAccess, request: RepairRequest): Promise<number> {
  const { numbers, real } = request;
  const judged = await askOrders(access.pool, access.wechatPay, request, (done) => {
    if (done % PROGRESS_EVERY === 0) report(`${done} of ${numbers.length} orders asked`);
  });
  const hash = hashResult(judged);
  if (real === null || !judged.some(isPublished)) {
    show(request, { hash, judged, batch: null });
    return judged.some(isTrouble) ? EXIT_FAILED : EXIT_OK;
  }
  if (real.confirm !== null && real.confirm !== hash) {
    throw new BadInput(
      `The result has changed since the dry run (its hash is now ${hash}): look at it again with --dry-run. Nothing was done.`,
    );
  }
  const { repaired, ...batch } = await repair(access, request, real.person, hash, judged);
  show(request, { hash, judged, batch: { ...batch, repaired } });
  const isDone = repaired.every(({ result }) => result !== 'waiting' && result !== 'not_published');
  return isDone && !judged.some(isTrouble) ? EXIT_OK : EXIT_FAILED;
}

type BatchDone = { id: number; backupFile: string; repaired: RepairedOrder[] };

/** Backup, then the events, then the records of what came of them. */
function repair(
  { pool, clock }: RepairAccess,
  { backupDir, brokers }: RepairRequest,
  person: Person,
  dryRunHash: string,
  judged: readonly JudgedOrder[],
): Promise<BatchDone> {
  return withPublisher(brokers, async (publisher) => {
    const orders = judged.filter(isPublished).flatMap(({ order }) => (order === null ? [] : [order]));
    const backup = await readBackup(pool, orders, clock.now());
    const backupFile = saveBackupOrRefuse(backupDir, backup);
    const dependencies = { pool, clock, person };
    const id = await beginBatch(dependencies, dryRunHash, backup);
    const repaired = await repairOrders({ pool, publisher, clock }, judged, report);
    await endBatch(dependencies, { id, dryRunHash, backupFile }, repaired);
    return { id, backupFile, repaired };
  });
}

function saveBackupOrRefuse(folder: string, backup: Backup): string {
  try {
    return saveBackup(folder, backup);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BadInput(`The backup cannot be written (${reason}): give another --backup-dir. Nothing was done.`);
  }
}

function show(
  { real, json }: RepairRequest,
  outcome: { hash: string; judged: JudgedOrder[]; batch: BatchDone | null },
): void {
  console.log(json ? JSON.stringify(toJson({ ...outcome, dryRun: real === null }), null, 2) : describe(outcome));

  function describe({ hash, judged, batch }: typeof outcome): string {
    const lines = formatJudged(judged, { dryRun: real === null, hash });
    return [...lines, ...(batch === null ? [] : formatRepaired(batch))].join('\n');
  }
}

/** Progress goes to stderr, so that --json stays alone on stdout. */
function report(line: string): void {
  console.error(line);
}
