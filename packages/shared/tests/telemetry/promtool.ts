import { spawnSync } from 'node:child_process';

/**
 * What `promtool check metrics` has to say about a process's /metrics: '' when all is well, null without promtool
 * (Debian package prometheus), which is said on the console.
 */
export async function checkMetrics(operationsUrl: string): Promise<string | null> {
  const text = await (await fetch(`${operationsUrl}/metrics`)).text();
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  if (error !== undefined) {
    console.log(`skipped: promtool is not there to check the metrics of ${operationsUrl} (${error.message})`);
    return null;
  }
  return status === 0 ? '' : `${stdout}${stderr}`;
}
