import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, type RunOptions, runProgram } from './run-program.ts';

const PAGE = join(import.meta.dirname, '../../docs/operations.md');

/** `<!-- e2e: upgrade -->` and the `sh` block right below it, both indented alike where they stand in a list. */
const MARKED_BLOCK = /^( *)<!-- e2e( define)?: ([a-z0-9_-]+) -->\n\1```sh\n([\s\S]*?)^\1```$/gm;
const MARK = /<!-- e2e/g;
const VARIABLE = /\$\{?([A-Z][A-Z0-9_]*)\b/g;
const ASSIGNED = /\b([A-Z][A-Z0-9_]*)=/g;

export type DocumentedCommand = {
  /** As it stands behind `e2e:`. */
  name: string;
  /** As it is printed, without the indentation of a list. */
  script: string;
  /** What the reader, or the e2e, has to set; those of the page's functions among them. */
  variables: readonly string[];
};

/**
 * The marked blocks of docs/operations.md, by name. Blocks marked `e2e define:` are functions for the reader's shell: each
 * command can call them. Throws a sentence for a mark without a block below it, and for a name that stands twice.
 */
export function readDocumentedCommands(text: string = readFileSync(PAGE, 'utf8')): Map<string, DocumentedCommand> {
  const blocks = readMarkedBlocks(text);
  const functions = blocks.filter(({ defines }) => defines);
  const commands = new Map<string, DocumentedCommand>();
  for (const { name, script } of blocks.filter(({ defines }) => !defines)) {
    if (commands.has(name)) throw new Error(`The mark e2e: ${name} stands twice; give each block its own name.`);
    const used = functions.filter((block) => new RegExp(`^\\s*${block.name}\\b`, 'm').test(script));
    const whole = [...used.map((block) => block.script), script].join('\n');
    commands.set(name, { name, script: whole, variables: variablesOf(whole) });
  }
  return commands;
}

/**
 * Runs a block of the page with bash, as it is printed, from the root of the repository; it ends with the first command that
 * fails. Throws a sentence when there is no such block, or a variable that it names is not given.
 */
export function runDocumented(
  name: string,
  variables: Readonly<Record<string, string>>,
  options: RunOptions = {},
): Promise<Ended> {
  const command = readDocumentedCommands().get(name);
  if (command === undefined) throw new Error(`docs/operations.md has no block e2e: ${name}.`);
  const missing = command.variables.find((variable) => variables[variable] === undefined);
  if (missing !== undefined) throw new Error(`The block e2e: ${name} wants the variable ${missing}; give it.`);
  const env = { ...(options.env ?? process.env), ...variables };
  const cwd = options.cwd ?? join(import.meta.dirname, '../..');
  return runProgram('bash', ['-euo', 'pipefail', '-c', command.script], { ...options, env, cwd });
}

function readMarkedBlocks(text: string): { name: string; defines: boolean; script: string }[] {
  const blocks = [...text.matchAll(MARKED_BLOCK)].map(([, indent = '', define, name = '', body = '']) => ({
    name,
    defines: define !== undefined,
    script: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trim(),
  }));
  const marks = text.match(MARK)?.length ?? 0;
  if (marks === blocks.length) return blocks;
  throw new Error(`${marks - blocks.length} marks <!-- e2e: … --> have no sh block right below; close the gap.`);
}

function variablesOf(script: string): string[] {
  const assigned = new Set([...script.matchAll(ASSIGNED)].map(([, name = '']) => name));
  const used = new Set([...script.matchAll(VARIABLE)].map(([, name = '']) => name));
  return [...used].filter((name) => !assigned.has(name));
}
