import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { OutputOptions, Plugin } from 'rolldown';
import { rolldown } from 'rolldown';
import { type BesideFile, readerOf } from './files-beside.ts';
import { ROOT, TRACING_SDK } from './programs.ts';

/** `readable` keeps the text and has a source map; `small` keeps names alone, for stacks and error texts. */
export type BundleStyle = 'readable' | 'small';

/** What a bundle is made of. */
export type Bundle = {
  /** The source of each module that is really in it or lies beside it, and the sources which that imports or reads. */
  readonly modules: ReadonlyMap<string, readonly string[]>;
  /** Whether it loads the bundle of that name from beside itself when it traces. */
  readonly usesTracingSdk: boolean;
};

/** Why a program cannot be bundled, for whoever builds it. */
export class BundleError extends Error {}

const STYLES: Readonly<Record<BundleStyle, OutputOptions>> = {
  readable: { sourcemap: true, comments: { legal: true } },
  small: {
    minify: { mangle: { keepNames: true }, compress: { keepNames: { function: true, class: true } } },
    comments: false,
  },
};

/**
 * Writes one file of a program, which runs with Node alone, and beside it the files that it reads. The same sources give
 * the same bytes. A BundleError for a source that cannot be found: it would be left out silently, and missed at run time.
 */
export async function bundleProgram(input: string, file: string, style: BundleStyle): Promise<Bundle> {
  const isTracingSdk = input === TRACING_SDK.source;
  const build = await rolldown({
    input,
    cwd: ROOT,
    platform: 'node',
    tsconfig: false,
    plugins: [filesBeside(), ...(isTracingSdk ? [] : [tracingSdkApart()])],
    // How long it takes on a busy machine says nothing of the sources.
    checks: { bundlerTimings: false },
    onLog: (_level, log) => {
      throw new BundleError(`${log.code ?? ''} ${log.message}`.trim());
    },
  });
  const imports = new Map<string, readonly string[]>();
  try {
    const options = { file, format: 'esm', codeSplitting: false, ...STYLES[style] } as const;
    const { output } = await build.write({ ...options, plugins: [noteImports(imports)] });
    const [chunk] = output;
    const kept = Object.entries(chunk.modules).filter(([, module]) => module.renderedLength > 0);
    const modules = new Map<string, readonly string[]>(kept.map(([id]) => [id, imports.get(id) ?? []]));
    for (const id of [...modules.keys()]) {
      const beside = readerOf(id)?.files(id) ?? new Map<string, BesideFile>();
      await writeBeside(dirname(file), beside);
      const sources = [...beside.values()].flatMap((besideFile) => ('source' in besideFile ? besideFile.source : []));
      for (const source of sources) modules.set(source, []);
      modules.set(id, [...(modules.get(id) ?? []), ...sources]);
    }
    const external = [...chunk.imports, ...chunk.dynamicImports];
    return { modules, usesTracingSdk: external.includes(`./${TRACING_SDK.name}.mjs`) };
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    throw new BundleError(`${relative(ROOT, input)} cannot be bundled: ${reason}`, { cause: err });
  } finally {
    await build.close();
  }
}

async function writeBeside(folder: string, files: ReadonlyMap<string, BesideFile>): Promise<void> {
  for (const [path, file] of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, 'text' in file ? file.text : await readFile(file.source));
  }
}

/** A bundle has no sources beside it: whoever reads a file from there is listed in files-beside.ts, or the build ends. */
function filesBeside(): Plugin {
  return {
    name: 'files-beside',
    async load(id) {
      const path = relative(ROOT, id);
      const reader = readerOf(id);
      const isOurs = path.endsWith('.ts') && !path.includes('node_modules/') && !path.includes('/generated/');
      if (reader === undefined && !isOurs) return null;
      let code = await readFile(id, 'utf8');
      for (const [from, to] of reader?.replace ?? []) {
        if (code.split(from).length !== 2) throw new Error(`${path} does not say ${from} once.`);
        code = code.replace(from, to);
      }
      if (reader === undefined && /import\.meta\.(url|dirname|filename)/.test(code)) {
        throw new Error(`${path} looks for files beside itself; files-beside.ts must know where they are in a bundle.`);
      }
      return code;
    },
  };
}

/** OpenTelemetry's API finds itself through a global symbol, so that SDK and service may each have a copy of it. */
function tracingSdkApart(): Plugin {
  return {
    name: 'tracing-sdk-apart',
    resolveId: (source, importer) =>
      importer !== undefined && join(importer, '..', source) === TRACING_SDK.source
        ? { id: `./${TRACING_SDK.name}.mjs`, external: true }
        : null,
  };
}

/** The output names its modules, but not who imports whom. */
function noteImports(imports: Map<string, readonly string[]>): Plugin {
  return {
    name: 'note-imports',
    generateBundle() {
      for (const id of this.getModuleIds()) {
        const module = this.getModuleInfo(id);
        if (module !== null) imports.set(id, [...module.importedIds, ...module.dynamicallyImportedIds]);
      }
    },
  };
}
