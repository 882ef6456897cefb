import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import { ConfigError } from '../config/config-error.ts';

/**
 * What stands in a YAML file. Throws ConfigError naming the line: what the parser says, and the warnings it would print,
 * quote the file, where a secret may stand by mistake.
 */
export function readYamlFile(path: string): unknown {
  const text = readText(path);
  try {
    return parse(text, { logLevel: 'error' });
  } catch (err) {
    const line = err instanceof YAMLParseError ? err.linePos?.[0].line : undefined;
    throw new ConfigError(`${path} is not valid YAML${line === undefined ? '' : `: look at line ${line}`}.`);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (err) {
    throw new ConfigError(`${path} cannot be read (${err instanceof Error ? err.message : String(err)}).`);
  }
}
