import { runCommand } from '@payguard/cli/run-command';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTestDatabase, type TestDatabase, testClock } from '../../shared/tests/database/open-test-database.ts';
import { renderRules } from '../src/render-rules.ts';
import { isAlert, parseRuleGroups } from '../src/rule-groups.ts';
import { blocksOf, commandLines, readRunbookIndex, readRunbooks, words } from './runbook-blocks.ts';

const runbooks = readRunbooks();
const SECTIONS = ['What it means', 'Who is hurt', 'Check', 'Repair', 'Prevent'];
const PROGRAMS = ['payguard', 'kubectl', 'date', 'chronyc'];

describe('docs/runbooks', () => {
  it('has a page for each alert, and no other; the index lists them all', () => {
    const rules = parseRuleGroups(renderRules()).flatMap((group) => group.rules);
    const alerts = [...new Set(rules.filter(isAlert).map(({ alert }) => alert))].toSorted();
    expect(runbooks.map(({ alert }) => alert).toSorted()).toEqual(alerts);
    const index = readRunbookIndex();
    for (const alert of alerts) expect(index).toContain(`[${alert}](${alert}.md)`);
  });

  it.each(runbooks)('$alert says it in Chinese too, and has all sections, in order', ({ alert, text }) => {
    expect(text).toMatch(new RegExp(`^# ${alert}\n\n> 中文：.*\\p{Script=Han}`, 'u'));
    expect([...text.matchAll(/^## (.*)$/gm)].map((match) => match[1])).toEqual(SECTIONS);
  });

  it('links to pages that exist', () => {
    const alerts = new Set(runbooks.map(({ alert }) => alert));
    const links = runbooks.flatMap(({ text }) => [...text.matchAll(/\]\((\w+)\.md\)/g)].map((match) => match[1]));
    expect(links.filter((link) => link !== undefined && !alerts.has(link))).toEqual([]);
  });
});

describe('the commands of the runbooks', () => {
  const lines = runbooks.flatMap((runbook) => commandLines(runbook));

  it('are of programs that people on call have', () => {
    expect(lines.filter((line) => !PROGRAMS.includes(words(line)[0] ?? ''))).toEqual([]);
  });

  const payguardLines = [...new Set(lines.filter((line) => line.startsWith('payguard ')))];
  it.each(payguardLines)('%s', async (line) => {
    const [, command = '', ...args] = words(line);
    const help = await helpOf(command);
    const [subcommand] = args;
    if (subcommand !== undefined && !subcommand.startsWith('--')) {
      expect(help).toMatch(new RegExp(`payguard ${command} (?:[\\w-]+\\|)*${subcommand}\\b`));
    }
    for (const option of args.filter((arg) => arg.startsWith('--'))) expect(words(help)).toContain(option);
  });
});

/** What the CLI itself says of a command; fails for one that it does not have. */
async function helpOf(command: string): Promise<string> {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    expect(await runCommand([command, '--help'])).toBe(0);
    return print.mock.calls
      .flat()
      .join('\n')
      .replaceAll(/[[\],]/g, ' ');
  } finally {
    print.mockRestore();
  }
}

describe('the SQL of the runbooks', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
    await migrate({ pool: database.pool, clock: testClock, legacy: DEFAULT_LEGACY_OPTIONS });
  });
  afterAll(() => database.drop());

  it.each(runbooks.filter((runbook) => blocksOf(runbook, 'sql').length > 0))(
    'only reads, and runs: $alert',
    async (runbook) => {
      for (const sql of blocksOf(runbook, 'sql')) {
        const statement = sql.replaceAll(/^--.*\n/gm, '');
        expect(statement).toMatch(/^SELECT /);
        await expect(database.pool.query(statement)).resolves.toBeInstanceOf(Array);
      }
    },
  );
});
