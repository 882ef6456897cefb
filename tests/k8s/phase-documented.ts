import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readDocumentedCommands } from './documented-commands.ts';
import { tryDailyWork } from './documented-daily.ts';
import { DRILLS } from './documented-drills.ts';
import { tryKeyRotation } from './documented-keys.ts';
import { openPayments, type Payments } from './documented-payments.ts';
import { hasDatabaseClient, tryAfterRestore, tryRestore } from './documented-restore.ts';
import { type DocumentedWorld, openDocumented } from './documented-world.ts';
import { lookFromOutside } from './outside.ts';
import type { Phase } from './phase.ts';
import { testRelease } from './phase-install.ts';

/** Marked on the page, and not run here. */
const NOT_RUN: Readonly<Record<string, string>> = {
  namespace: 'the phase install runs it',
  install: 'the phase install runs it',
};
const NO_CLIENT = 'mariadb and mariadb-dump are not on this machine';
const OF_RESTORE = ['backup', 'stop-writers', 'restore', 'start-writers', 'after-restore'];

/** The blocks of docs/operations.md as they are printed, each with what it has to bring about; the release is well afterwards. */
export const documentedPhase: Phase = async (world) => {
  const keep = join(world.folder, 'keep');
  await mkdir(keep, { recursive: true, mode: 0o700 });
  const documented = openDocumented(world, keep);
  const complaints: string[] = [];
  const attempt = async (name: string, work: () => Promise<void>): Promise<void> => {
    await work().catch((err: Error) => {
      complaints.push(`${name}: ${err.message}`);
      world.say(`documented: ${name}: NOT as it has to be: ${err.message}`);
    });
  };

  await attempt('daily work', () => tryDailyWork(documented));
  await withPayments(documented, async (payments) => {
    await attempt('key rotation', () => tryKeyRotation(documented, payments));
    for (const { name, play } of DRILLS) {
      await attempt(name, async () => {
        await play(documented, payments);
        await documented.block('after-drill', () => `no promise is broken after ${name}`);
      });
    }
  });
  await attempt("the operator's pod ends", () => documented.block('operator-pod-end', () => 'gone'));
  const hasClient = await hasDatabaseClient(documented);
  if (hasClient) await attempt('backup and restore', () => saveAndRestore(documented));

  const test = await testRelease(world);
  if (test.code !== 0) complaints.push(`helm test failed afterwards: ${test.said.join(' | ')}`);
  const notRun = listNotRun(documented, hasClient);
  return {
    figures: { ran: documented.ran, notRun },
    skipped: hasClient ? [] : [`${OF_RESTORE.join(', ')}: ${NO_CLIENT}`],
    complaints: [
      ...complaints,
      ...notRun.filter(({ reason }) => reason === UNKNOWN).map(({ block }) => `nobody tries the block ${block}`),
    ],
  };
};

async function saveAndRestore(world: DocumentedWorld): Promise<void> {
  let paidLater = '';
  await withPayments(world, async (payments, outside) => {
    paidLater = await tryRestore(world, outside, payments);
  });
  await withPayments(world, (payments) => tryAfterRestore(world, payments, paidLater));
  await world.block('operator-pod-end', () => 'gone');
}

/** Looks anew at the database that the release has now. */
async function withPayments(
  world: DocumentedWorld,
  work: (payments: Payments, outside: Awaited<ReturnType<typeof lookFromOutside>>) => Promise<void>,
): Promise<void> {
  const outside = await lookFromOutside(world.release, join(world.folder, 'merchant'));
  const payments = openPayments(outside);
  try {
    await work(payments, outside);
  } finally {
    await payments.close();
  }
}

const UNKNOWN = 'a step before it failed, or no step of the e2e has it';

function listNotRun({ ran }: DocumentedWorld, hasClient: boolean): { block: string; reason: string }[] {
  const done = new Set(ran.map(({ block }) => block));
  return [...readDocumentedCommands().keys()]
    .filter((block) => !done.has(block))
    .map((block) => ({
      block,
      reason: NOT_RUN[block] ?? (!hasClient && OF_RESTORE.includes(block) ? NO_CLIENT : UNKNOWN),
    }));
}
