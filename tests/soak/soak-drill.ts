import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_STATE_DIR } from '@payguard/local/servers/default-folders';
import { runDrill } from '../alerting/drill-run.ts';
import { above, type Soak } from './soak.ts';

const MINUTE_MS = 60_000;
const BARS = { callbacksMissingSeconds: 180, amountMismatchSeconds: 10 };

export const soakDrill: Soak = {
  name: 'drill',
  about: 'the notify URL leads nowhere: who is told, how soon, with the alert rules as they are in production',
  async run(_options, say) {
    const parent = join(DEFAULT_STATE_DIR, 'soak');
    mkdirSync(parent, { recursive: true });
    const stateDir = mkdtempSync(join(parent, 'drill-'));
    try {
      // Every threshold, window and wait is the chart's own; the window over ten minutes is why healing takes so long.
      const {
        panels,
        leaks,
        placesSeen: _,
        messages,
        ...figures
      } = await runDrill(
        {
          stateDir,
          observability: { intervalSeconds: 15 },
          callbackWindowSeconds: undefined,
          paidBeforeMs: 0,
          alertWithinMs: 5 * MINUTE_MS,
          healedWithinMs: 30 * MINUTE_MS,
        },
        say,
      );
      const complaints = [
        ...above(
          'seconds to the first message about lost callbacks',
          figures.callbacksMissingSeconds,
          BARS.callbacksMissingSeconds,
        ),
        ...above('seconds to the page for a wrong amount', figures.amountMismatchSeconds, BARS.amountMismatchSeconds),
        ...panels.withoutData,
        ...leaks,
      ];
      const titles = messages.map(({ channel, receivedAt, title }) => ({ channel, receivedAt, title }));
      return {
        figures: { ...figures, panelQueries: panels.queries, messages: titles },
        complaints,
      };
    } finally {
      rmSync(stateDir, { recursive: true, force: true });
    }
  },
};
