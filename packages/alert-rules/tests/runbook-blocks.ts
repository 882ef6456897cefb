import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const RUNBOOKS = join(import.meta.dirname, '../../../docs/runbooks');

export type Runbook = { alert: string; text: string };

export function readRunbooks(): Runbook[] {
  return readdirSync(RUNBOOKS)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => ({ alert: file.replace(/\.md$/, ''), text: readFileSync(join(RUNBOOKS, file), 'utf8') }));
}

export function readRunbookIndex(): string {
  return readFileSync(join(RUNBOOKS, 'README.md'), 'utf8');
}

/** The blocks of a language: what a person on call copies. */
export function blocksOf({ text }: Runbook, language: 'sh' | 'sql'): string[] {
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'));
  return [...blocks].flatMap((block) => block[1]?.trim() ?? []);
}

/** Command lines without comments. */
export function commandLines(runbook: Runbook): string[] {
  const lines = blocksOf(runbook, 'sh').flatMap((block) => block.split('\n'));
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

/** As a shell splits it, for as much of a shell as the runbooks use. */
export function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((word) => word[1] ?? word[2] ?? word[3] ?? '');
}
