import { defineConfig } from 'vitest/config';
import { closingLineReporter } from './tests/setup/closing-line-reporter.ts';

/** These kill at seeded moments, or wait, most of their time; the bench at its small size only shows that it runs. */
const TIMED = [
  'tests/exactly-once/**/*.test.ts',
  'tests/active-query/{kill-rounds,recovery-real-time}.test.ts',
  'tests/alerting/{drill,kill-rounds}.test.ts',
  'bench/**/*.test.ts',
];

/**
 * These count milliseconds, some on a clock that runs several times as fast, or what the database server does: another test
 * beside them would be what they measure.
 */
const ALONE = [
  'packages/shared/tests/request-budget/request-budget.test.ts',
  'services/callback-gateway/tests/broker-faults.test.ts',
  'services/reconciler/tests/sweep.test.ts',
  'tests/active-query/{backlog,budget,cost,recovery}.test.ts',
  'tests/alerting/burst.test.ts',
];

export default defineConfig({
  test: {
    globalSetup: ['tests/setup/global-servers.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', closingLineReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: [
            'packages/*/tests/**/*.test.ts',
            'services/*/tests/**/*.test.ts',
            'tests/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', ...TIMED, ...ALONE],
          // Two cores, and tests that wait for servers and time-outs half of their time.
          maxWorkers: 4,
          // A process and its modules for each file cost a second of processor time, a quarter of the whole run.
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'timed', include: TIMED, maxWorkers: 4, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
