import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Bundle } from '../bundle/bundle-program.ts';

const packageSchema = z.looseObject({ name: z.string(), version: z.string() });

/** A package of which something is in a bundle. */
export type BundledPackage = {
  readonly folder: string;
  readonly packageJson: z.infer<typeof packageSchema>;
  /** Folders of the packages that its modules import. */
  readonly imports: ReadonlySet<string>;
};

/** What the bundles of one image are made of, apart from payguard itself. */
export type BundledPackages = {
  readonly all: readonly BundledPackage[];
  /** Folders of those that payguard's own modules import. */
  readonly direct: ReadonlySet<string>;
};

/** Packages by name and version, from the modules that a bundler really put into the bundles of an image. */
export function packagesOf(bundles: readonly Bundle[]): BundledPackages {
  const modules = new Map(bundles.flatMap((bundle) => [...bundle.modules]));
  const imports = new Map<string | undefined, Set<string>>();
  for (const [id, imported] of modules) {
    const from = packageFolder(id);
    const known = imports.get(from) ?? new Set();
    imports.set(from, known);
    for (const other of imported.filter((source) => modules.has(source))) {
      const to = packageFolder(other);
      if (to !== undefined && to !== from) known.add(to);
    }
  }
  const all = [...imports].flatMap(([folder, others]) =>
    folder === undefined ? [] : [{ folder, packageJson: readPackageJson(folder), imports: others }],
  );
  return {
    all: all.toSorted((left, right) => (identify(left) < identify(right) ? -1 : 1)),
    direct: imports.get(undefined) ?? new Set(),
  };
}

function identify({ packageJson }: BundledPackage): string {
  return `${packageJson.name}@${packageJson.version}`;
}

/** Nothing for payguard's own modules and for what the bundler itself adds. */
function packageFolder(id: string): string | undefined {
  return /^(\/.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
}

function readPackageJson(folder: string): z.infer<typeof packageSchema> {
  return packageSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
}

/** The texts that most licences ask to be handed on, each once, below the packages that it is of. */
export function licenseTexts({ all }: BundledPackages): string {
  const byText = new Map<string, string[]>();
  for (const entry of all) {
    const names = readdirSync(entry.folder, { withFileTypes: true }).flatMap((file) =>
      file.isFile() ? file.name : [],
    );
    const files = names.filter((name) => /^(licen[cs]e|notice|copying)/i.test(name));
    const texts = files.toSorted().map((name) => readFileSync(join(entry.folder, name), 'utf8').trim());
    const text =
      texts.length > 0 ? texts.join('\n\n') : `License: ${String(entry.packageJson.license ?? 'not stated')}`;
    byText.set(text, [...(byText.get(text) ?? []), identify(entry)]);
  }
  return [...byText].map(([text, packages]) => `${packages.join(', ')}\n\n${text}\n`).join(`\n${'-'.repeat(80)}\n\n`);
}
