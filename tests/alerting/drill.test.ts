import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findPrograms } from '@payguard/local/observability/find-programs';
import { DEFAULT_STATE_DIR } from '@payguard/local/servers/default-folders';
import { afterAll, describe, expect, test } from 'vitest';
import { runDrill } from './drill-run.ts';

const TEST_MS = 180_000;
const SECOND_MS = 1_000;
/** The promise: three minutes from the first lost callback to the first message. */
const TOLD_WITHIN_S = 180;
/** Publish, decide, record, send: without a window, a second or two. */
const PAGED_WITHIN_S = 10;

describe.skipIf(isMissing())('the drill: a notify URL that leads nowhere', { timeout: TEST_MS }, () => {
  const parent = join(DEFAULT_STATE_DIR, 'tests');
  mkdirSync(parent, { recursive: true });
  const stateDir = mkdtempSync(join(parent, 'drill-'));
  afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

  test('people are told in Chinese within three minutes, and again when it is over; no secret is told', async () => {
    const result = await runDrill(
      {
        stateDir,
        observability: {
          rules: { callbacksMissingFor: '1s' },
          intervalSeconds: 1,
          groupWaitSeconds: 1,
          groupIntervalSeconds: 1,
        },
        callbackWindowSeconds: 30,
        // A callback is missing when it is 60 s late: 50 of them are past when the payment is told.
        paidBeforeMs: 50 * SECOND_MS,
        alertWithinMs: 60 * SECOND_MS,
        healedWithinMs: 90 * SECOND_MS,
      },
      console.log,
    );
    expect(result.callbacksMissingSeconds).toBeLessThan(TOLD_WITHIN_S);
    expect(result.amountMismatchSeconds).toBeLessThan(PAGED_WITHIN_S);
    expect(result.panels.withoutData).toEqual([]);
    expect(result.leaks).toEqual([]);
    const seen = result.placesSeen.join('\n');
    for (const place of ['/messages', '/api/v1/rules', 'rules.yaml', 'table alert_notices'])
      expect(seen).toContain(place);
  });
});

function isMissing(): boolean {
  try {
    findPrograms(process.env.PATH ?? '');
    return false;
  } catch (error) {
    console.log(`skipped: ${error instanceof Error ? error.message : String(error)}`);
    return true;
  }
}
