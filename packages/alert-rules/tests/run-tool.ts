import { execFile, spawnSync } from 'node:child_process';

/** promtool and amtool prove the files against what will read them. */
export type Tool = 'promtool' | 'amtool';

/** Says on the terminal, once, why tests are skipped where a tool is not installed. */
export function isInstalled(tool: Tool): boolean {
  const isThere = spawnSync(tool, ['--version'], { timeout: 10_000 }).error === undefined;
  const packageName = tool === 'promtool' ? 'prometheus' : 'prometheus-alertmanager';
  if (!isThere) console.warn(`skipped: ${tool} is not on PATH; it comes with the Debian package ${packageName}.`);
  return isThere;
}

/** What the tool wrote, both streams; throws it where the tool does not end well. */
export function runTool(tool: Tool, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(tool, args, { cwd, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout + stderr);
      else reject(new Error(`${tool} ${args.join(' ')}\n${stdout}${stderr}`));
    });
  });
}
