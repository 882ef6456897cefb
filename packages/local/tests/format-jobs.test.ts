import { describe, expect, test } from 'vitest';
import { hasJobFailed, jobRows } from '../src/commands/format-jobs.ts';
import type { JobRecord } from '../src/jobs/job-record.ts';

const NOW = Date.parse('2026-11-23T02:14:30.000Z');
const at = (secondsAgo: number) => new Date(NOW - secondsAgo * 1_000).toISOString();

const POLL: JobRecord = {
  name: 'poll',
  schedule: '* * * * *',
  log: '/state/logs/poll.log',
  pids: [4_711],
  started: 3,
  leftOut: 0,
  lastStartedAt: at(30),
  lastSuccessAt: at(35),
  lastEnd: { at: at(35), isSuccess: true, exitCode: 0, text: 'exit code 0' },
};

describe('the jobs in npm run status', () => {
  test('show what the last run came to and when the next one begins', () => {
    const [heading, row] = jobRows([POLL], NOW);
    expect(heading).toEqual(['job', 'schedule', 'state', 'last run', 'last success', 'next run', 'log']);
    expect(row).toEqual([
      ...['poll', '* * * * *', 'running', 'exit code 0, 35 s ago', '35 s ago', 'in 30 s'],
      '/state/logs/poll.log',
    ]);
    expect(hasJobFailed(POLL)).toBe(false);
  });

  test('say that the last run failed, and how long ago one last succeeded', () => {
    const lastEnd = { at: at(10), isSuccess: false, exitCode: null, text: 'signal SIGKILL' };
    const failed = { ...POLL, pids: [], lastEnd, lastSuccessAt: at(600) };
    expect(jobRows([failed], NOW)[1]?.slice(2, 5)).toEqual([
      'FAILED, waiting',
      'signal SIGKILL, 10 s ago',
      '10 min ago',
    ]);
    expect(hasJobFailed(failed)).toBe(true);
  });

  test('show a job that has not ended a run yet as what it is', () => {
    const first = { ...POLL, pids: [1, 2], lastEnd: null, lastSuccessAt: null };
    expect(jobRows([first], NOW)[1]?.slice(2, 5)).toEqual(['2 running', '-', '-']);
    expect(hasJobFailed(first)).toBe(false);
  });
});
