import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Job } from '../src/jobs/job.ts';
import { runTimetable, type Timetable } from '../src/jobs/run-timetable.ts';
import { nextRunAt } from '../src/jobs/schedule.ts';
import { ownStateDir } from '../src/supervise/own-state-dir.ts';
import { identify, isRunning } from '../src/supervise/process-identity.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { waitUntil } from './wait-until.ts';

const EVERY_SECOND = '* * * * * *';
const NEVER_AGAIN = '0 0 29 2 *';
const FOR_EVER = 'setInterval(() => {}, 1000)';

describe('the timetable', { timeout: 30_000 }, () => {
  const folder = temporaryFolder();
  const events: string[] = [];
  const started: Timetable[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((timetable) => timetable.stop()));
    events.length = 0;
  });

  const run = (job: Partial<Job>, registerChild: (name: string, pid: number) => void = () => undefined) => {
    let changes = 0;
    const timetable = runTimetable({
      jobs: [jobOf(folder, job)],
      onEvent: (line) => events.push(line),
      onChange: () => {
        changes += 1;
      },
      registerChild,
    });
    started.push(timetable);
    const record = () => {
      const [only] = timetable.records();
      if (only === undefined) throw new Error('there is one job');
      return only;
    };
    return { timetable, record, changes: () => changes };
  };

  test('starts a job at every time of its schedule, and notes how each run ended', async () => {
    const { record, changes } = run({ name: 'tick', schedule: EVERY_SECOND, args: ['-e', 'console.log("worked")'] });
    await waitUntil('two runs have ended well', () => {
      const { started, lastEnd } = record();
      return started >= 2 && lastEnd?.isSuccess === true;
    });
    const { log, lastStartedAt, lastSuccessAt, lastEnd, leftOut } = record();
    expect(readFileSync(log, 'utf8')).toMatch(/^(worked\n)+$/);
    expect(lastEnd).toMatchObject({ exitCode: 0, text: 'exit code 0' });
    expect(Date.parse(lastSuccessAt ?? '')).toBeGreaterThanOrEqual(Date.parse(lastStartedAt ?? '') - 1_000);
    expect(changes()).toBeGreaterThanOrEqual(3);
    expect([leftOut, events]).toEqual([0, []]);
  });

  test('starts a job at once where that is asked for, without waiting for its time', async () => {
    const { record } = run({ runsAtStart: true, schedule: NEVER_AGAIN, args: ['-e', ''] });
    expect(record().started).toBe(1);
    await waitUntil('it has ended', () => record().lastEnd !== null);
    expect(run({ runsAtStart: false, schedule: NEVER_AGAIN }).record().started).toBe(0);
  });

  test('tells of a run that failed, with its last words, and starts the next one all the same', async () => {
    const { record } = run({ name: 'broken', schedule: EVERY_SECOND, args: ['-e', 'throw "no such merchant"'] });
    await waitUntil('two have failed', () => events.length >= 2);
    expect(events[0]).toMatch(/^broken failed \(exit code 1\), see \S+: .*no such merchant/);
    expect(record()).toMatchObject({ lastSuccessAt: null, lastEnd: { isSuccess: false, exitCode: 1 } });
  });

  test('lets runs overlap up to the bound, and leaves out what is more', async () => {
    const { record } = run({ name: 'slow', schedule: EVERY_SECOND, args: ['-e', FOR_EVER], maxAtOnce: 2 });
    await waitUntil('one was left out', () => record().leftOut > 0);
    expect(record()).toMatchObject({ started: 2, pids: [expect.any(Number), expect.any(Number)] });
    expect(events[0]).toMatch(/^slow is not started this time: 2 runs are still under way, see \S+slow\.log$/);
  });

  test('ends a run at its deadline, which counts as failed even when it ends politely', async () => {
    const polite = `process.on('SIGTERM', () => process.exit(0)); ${FOR_EVER}; console.log('up')`;
    const job = { name: 'late', runsAtStart: true, schedule: NEVER_AGAIN, args: ['-e', polite], deadlineMs: 2_000 };
    const { record } = run(job);
    await waitUntil('it has ended', () => record().lastEnd !== null);
    expect(record()).toMatchObject({
      pids: [],
      lastSuccessAt: null,
      lastEnd: { isSuccess: false, text: 'ended after its deadline of 2 s, exit code 0' },
    });
  });

  test('stop() ends the runs under way and starts no more; it may be called twice', async () => {
    const { timetable, record } = run({ schedule: EVERY_SECOND, runsAtStart: true, args: ['-e', FOR_EVER] });
    const pids = record().pids;
    expect(pids).toHaveLength(1);
    await Promise.all([timetable.stop(), timetable.stop()]);
    const { started } = record();
    expect(pids.map(identify)).toEqual([undefined]);
    expect(record().pids).toEqual([]);
    const other = run({ schedule: EVERY_SECOND, args: ['-e', ''] });
    await waitUntil('another timetable has started two', () => other.record().started >= 2);
    expect(record().started).toBe(started);
  });

  test('a run that its killed owner left behind is ended by the next owner', async () => {
    const stateDir = join(folder, 'owned');
    const owner = await ownStateDir({ stateDir, onProgress: () => undefined });
    const { record } = run(
      { name: 'poll', runsAtStart: true, schedule: NEVER_AGAIN, args: ['-e', FOR_EVER] },
      (name, pid) => owner.registerChild(name, pid),
    );
    const orphan = identify(record().pids[0] ?? 0);
    // The lock is what a kill takes from an owner; the record stays.
    owner.release();
    const told: string[] = [];
    const next = await ownStateDir({ stateDir, onProgress: (line) => told.push(line) });
    next.release();
    expect(orphan === undefined || isRunning(orphan)).toBe(false);
    expect(told).toEqual([`ending poll (pid ${orphan?.pid}), which an earlier owner left running`]);
  });
});

describe('a schedule', () => {
  test('is cron fields in Asia/Shanghai', () => {
    const at = Date.parse('2026-11-23T02:14:30+08:00');
    const next = (schedule: string) => new Date(nextRunAt(schedule, at) ?? 0).toISOString();
    expect(next('* * * * *')).toBe('2026-11-22T18:15:00.000Z');
    expect(next('15 10 * * *')).toBe('2026-11-23T02:15:00.000Z');
  });
});

function jobOf(folder: string, job: Partial<Job>): Job {
  const name = job.name ?? 'job';
  return {
    name,
    schedule: EVERY_SECOND,
    runsAtStart: false,
    maxAtOnce: 3,
    deadlineMs: 20_000,
    command: process.execPath,
    args: [],
    env: {},
    logFile: join(folder, `${name}.log`),
    ...job,
  };
}
