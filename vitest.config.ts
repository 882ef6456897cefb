import { defineConfig } from 'vitest/config';
import { closingLineReporter } from './tests/setup/closing-line-reporter.ts';

/** These count seconds, or kill at seeded moments: another test on the same cores would be what they measure. */
const TIMED = [
  'services/callback-gateway/tests/broker-faults.test.ts',
  'tests/exactly-once/**/*.test.ts',
  'tests/active-query/{recovery,backlog,budget,cost,kill-rounds}.test.ts',
  'bench/**/*.test.ts',
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
          exclude: ['**/node_modules/**', ...TIMED],
          // Two cores: more workers would only make every test slower.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: TIMED, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
