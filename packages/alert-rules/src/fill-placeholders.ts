import { ConfigError } from '@payguard/shared/config/config-error';
import type { AlertValues } from './alert-values.ts';
import type { ChartFile } from './chart-files.ts';

const PLACEHOLDER = /\$\{(\w+)\}/g;

/** The text with each `${name}` replaced, as the chart does it. Throws ConfigError for a name without a value. */
export function fillPlaceholders({ name: file, text }: ChartFile, values: AlertValues): string {
  return text.replace(PLACEHOLDER, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined)
      throw new ConfigError(`${file} names \${${name}}, which has no value: add it to values.yaml.`);
    return String(value);
  });
}

/** The names that a text asks for. */
export function placeholdersOf({ text }: ChartFile): Set<string> {
  return new Set([...text.matchAll(PLACEHOLDER)].flatMap((match) => match[1] ?? []));
}
