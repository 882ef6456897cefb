import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '@payguard/cli/run-command';
import { allTopics } from '@payguard/shared/events/topics';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { readDocumentedCommands } from '../k8s/documented-commands.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/operations.md');
const VALUES = join(ROOT, 'deploy/helm/payguard/values.yaml');

const page = readFileSync(PAGE, 'utf8');
const FENCED = /^( *)```(\w+)\n([\s\S]*?)^\1```$/gm;
const blocks = [...page.matchAll(FENCED)].map(([, , language = '', body = '']) => ({ language, body }));
const shell = blocks.filter(({ language }) => language === 'sh').map(({ body }) => body);
const prose = page.replaceAll(FENCED, '').replaceAll(/<!--.*?-->/g, '');
/** Inline code, with the two halves of one that a line break divides. */
const inline = [...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll(/\s+/g, ' '));
/** What a reader may type, one command a line. */
const lines = [...shell.flatMap((body) => body.replaceAll(/\\\n\s*/g, ' ').split('\n')), ...inline].map((line) =>
  line.trim(),
);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the blocks of docs/operations.md', () => {
  it('are shell that can be read', () => {
    for (const body of shell) execFileSync('bash', ['-n'], { input: body, stdio: ['pipe', 'ignore', 'inherit'] });
    expect(shell.length).toBeGreaterThan(20);
  });

  it('that the e2e runs have names of their own, and say which variables they want', () => {
    const commands = readDocumentedCommands();
    expect([...commands.keys()]).toEqual(expect.arrayContaining(['install', 'test', 'upgrade', 'rollback', 'backup']));
    expect(commands.get('upgrade')?.variables).toEqual(['CHART', 'NAMESPACE', 'VALUES']);
    // The function that the page defines comes along.
    expect(commands.get('doctor')?.script).toMatch(/^payguard\(\) \{[\s\S]*\npayguard doctor$/);
    // Of a list: without its indentation.
    expect(commands.get('restore')?.script).toMatch(/^mariadb /);
  });

  it('are refused when a mark has no block below it, or two have one name', () => {
    const block = '<!-- e2e: a -->\n```sh\ntrue\n```\n';
    expect([...readDocumentedCommands(block).values()]).toEqual([{ name: 'a', script: 'true', variables: [] }]);
    expect(() => readDocumentedCommands(`${block}${block}`)).toThrow('e2e: a stands twice');
    expect(() => readDocumentedCommands(`<!-- e2e: b -->\n\n${block}`)).toThrow('1 marks <!-- e2e: … --> have no sh');
  });
});

describe('docs/operations.md names only what exists', () => {
  const payguardLines = lines.flatMap(
    (line) => /(?:^|-- |cli:\$VERSION" )(payguard [a-z].*|api-key .*)$/.exec(line)?.[1] ?? [],
  );

  it('of the CLI', async () => {
    expect(payguardLines.length).toBeGreaterThan(15);
    for (const line of payguardLines) {
      const [command = '', ...args] = line.replace(/^payguard /, '').split(' ');
      const help = await helpOf(command);
      const [subcommand] = args;
      if (subcommand !== undefined && /^[a-z]/.test(subcommand)) {
        expect(help, line).toMatch(new RegExp(`payguard ${command} (?:[\\w-]+\\|)*${subcommand}\\b`));
      }
      for (const option of args.flatMap((arg) => /^--[a-z-]+/.exec(arg)?.[0] ?? [])) {
        expect(help.split(/\s+/), line).toContain(option);
      }
    }
  });

  it('of package.json', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    );
    const named = lines.flatMap((line) => [...line.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name));
    expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('of values.yaml, topics and files', () => {
    const values: unknown = parse(readFileSync(VALUES, 'utf8'));
    const topics = new Set(allTopics().map(({ name }) => name));
    const set = lines.flatMap((line) => [...line.matchAll(/--set ([\w.-]+)=/g)].map(([, key = '']) => key));
    const dotted = inline.flatMap((code) => /^([a-z][A-Za-z]*(?:\.[A-Za-z-]+)+)(?:: .*)?$/.exec(code)?.[1] ?? []);
    const keys = dotted.filter((name) => !topics.has(name) && !/\.(?:md|ya?ml|key|pem|cnf|csv)$/.test(name));
    expect(keys.length).toBeGreaterThan(8);
    expect([...set, ...keys].filter((key) => !has(values, key.split('.')))).toEqual([]);
  });

  it('of alerts and metrics', () => {
    const alerts = new Set(readdirSync(join(ROOT, 'docs/runbooks')).map((file) => file.replace('.md', '')));
    const named = [...page.matchAll(/\bPayguard[A-Z]\w+/g)].map(([name]) => name);
    expect(named.filter((name) => !alerts.has(name))).toEqual([]);
    const metrics = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');
    const figures = inline.filter((code) => /^payguard_\w+_(?:total|info|records|seconds)$/.test(code));
    expect(figures.length).toBeGreaterThan(2);
    expect(figures.filter((name) => !metrics.includes(`\`${name}\``))).toEqual([]);
  });

  it('by its links', () => {
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !link.startsWith('https://') && !leadsSomewhere(link))).toEqual([]);
  });
});

async function helpOf(command: string): Promise<string> {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  expect(await runCommand([command, '--help']), `payguard ${command}`).toBe(0);
  const help = print.mock.calls.flat().join('\n');
  print.mockRestore();
  return help.replaceAll(/[[\],]/g, ' ');
}

function has(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return true;
  return (
    typeof value === 'object' &&
    value !== null &&
    key in value &&
    has(Object.entries(value).find(([name]) => name === key)?.[1], rest)
  );
}

function leadsSomewhere(link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? PAGE : join(dirname(PAGE), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || headingsOf(readFileSync(file, 'utf8')).includes(anchor);
}

/** As GitHub makes anchors of headings. */
function headingsOf(text: string): string[] {
  const headings = [...text.replaceAll(FENCED, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
