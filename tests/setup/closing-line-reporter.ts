import type { Reporter, TestModule } from 'vitest/node';

/** Ends every run with the reasons of what was skipped and one plain line: `N passed, N failed, N skipped`. */
export function closingLineReporter(): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[], errors) {
      const count = { passed: 0, failed: 0, skipped: 0 };
      for (const module of modules) {
        let testsOfModule = 0;
        for (const test of module.children.allTests()) {
          testsOfModule += 1;
          const result = test.result();
          if (result.state === 'passed') count.passed += 1;
          else if (result.state === 'failed') count.failed += 1;
          else {
            count.skipped += 1;
            const note = result.state === 'skipped' ? result.note : undefined;
            console.log(`skipped: ${test.fullName} (${note ?? 'marked as skipped in the test file'})`);
          }
        }
        // A failing hook leaves its tests skipped, a file that cannot be loaded has none: neither may look like nothing.
        const broken = [module, ...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
        count.failed += broken.length;
        if (testsOfModule === 0 && broken.length === 0 && module.state() === 'failed') count.failed += 1;
      }
      count.failed += errors.length;
      console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
    },
  };
}
