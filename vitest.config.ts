import { defineConfig } from 'vitest/config';
import { closingLineReporter } from './tests/setup/closing-line-reporter.ts';

export default defineConfig({
  test: {
    include: [
      'packages/*/tests/**/*.test.ts',
      'services/*/tests/**/*.test.ts',
      'tests/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    globalSetup: ['tests/setup/global-servers.ts'],
    // Two cores: more workers would only make every test slower, and the fault tests count seconds.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', closingLineReporter()],
  },
});
