import { readdirSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ROOT } from './programs.ts';

/** A file that lies beside a bundle: one of this machine, or what is made here. */
export type BesideFile = { readonly source: string } | { readonly text: string };

/** A source that reads files at run time, and where they lie once it is bundled. */
export type ReadsFiles = {
  /** What of its text names their place, once each, and what to say instead. */
  readonly replace: ReadonlyMap<string, string>;
  /** By path below the bundle's folder; `id` is the path of the source. */
  files(id: string): ReadonlyMap<string, BesideFile>;
};

/** By the end of the source's path. */
const READERS: ReadonlyMap<string, ReadsFiles> = new Map([
  [
    'packages/shared/src/database/read-migrations.ts',
    {
      replace: new Map([["'../../prisma/migrations'", "'./migrations'"]]),
      files: () => filesOf(join(ROOT, 'packages/shared/prisma/migrations'), 'migrations'),
    },
  ],
  [
    'packages/wechatpay-simulator/src/main.ts',
    { replace: new Map([["'../package.json'", "'./package.json'"]]), files: simulatorVersion },
  ],
  [
    'packages/wechatpay-simulator/src/web/web-routes.ts',
    {
      replace: new Map([
        ["join(import.meta.dirname, 'browser')", "join(import.meta.dirname, 'browser')"],
        [
          "dirname(findPackageJSON('lit-html', import.meta.url) ?? '')",
          "join(import.meta.dirname, 'browser/lit-html')",
        ],
      ]),
      files: simulatorPages,
    },
  ],
  [
    'node_modules/@fastify/swagger-ui/index.js',
    {
      replace: new Map([["path.join(__dirname, './static/logo.svg')", swaggerPath('logo.svg')]]),
      files: (id: string) => swaggerPages(dirname(id)),
    },
  ],
  [
    'node_modules/@fastify/swagger-ui/lib/routes.js',
    {
      replace: new Map([["path.join(__dirname, '..', 'static')", swaggerPath('.')]]),
      files: (id: string) => swaggerPages(join(dirname(id), '..')),
    },
  ],
]);

/** Nothing for a source that reads no file. */
export function readerOf(id: string): ReadsFiles | undefined {
  for (const [end, reader] of READERS) if (id.endsWith(`/${end}`)) return reader;
  return undefined;
}

function filesOf(folder: string, target: string): Map<string, BesideFile> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const source = join(parentPath, name);
      return [join(target, source.slice(folder.length)), { source }] as const;
    }),
  );
}

const packageSchema = z.object({ name: z.string(), version: z.string(), license: z.string() });

/** Without what only a package manager reads. */
function simulatorVersion(id: string): ReadonlyMap<string, BesideFile> {
  const text = readFileSync(join(dirname(id), '../package.json'), 'utf8');
  return new Map([['package.json', { text: `${JSON.stringify(packageSchema.parse(JSON.parse(text)))}\n` }]]);
}

/** Pages are served as they lie; of the template library what lit.js imports, and what that imports. */
function simulatorPages(id: string): ReadonlyMap<string, BesideFile> {
  const pages = filesOf(join(dirname(id), 'browser'), 'browser');
  pages.delete('browser/tsconfig.json');
  const lit = dirname(findPackageJSON('lit-html', id) ?? '');
  const waiting = [...readFileSync(join(dirname(id), 'browser/lit.js'), 'utf8').matchAll(/from 'lit-html(.*)'/g)].map(
    ([, path = '']) => (path === '' ? 'lit-html.js' : path.slice(1)),
  );
  for (const file of waiting) {
    const target = join('browser/lit-html', file);
    if (pages.has(target)) continue;
    pages.set(target, { source: join(lit, file) });
    const imports = readFileSync(join(lit, file), 'utf8').matchAll(/(?:from|import) ?"(\.[^"]+)"/g);
    waiting.push(...[...imports].map(([, path = '']) => join(dirname(file), path)));
  }
  return pages;
}

/** A CommonJS source may not say import.meta; the bundle defines __dirname for it. */
function swaggerPath(file: string): string {
  return `path.join(__dirname, 'swagger-ui', '${file}')`;
}

function swaggerPages(folder: string): ReadonlyMap<string, BesideFile> {
  const pages = filesOf(join(folder, 'static'), 'swagger-ui');
  // The page loads the bundle instead; the policy is compiled in.
  for (const unused of ['swagger-ui.js', 'csp.json']) pages.delete(join('swagger-ui', unused));
  return pages;
}
