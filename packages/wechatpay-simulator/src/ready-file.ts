import { rename, rm, writeFile } from 'node:fs/promises';

export interface ReadyFile {
  readonly apiUrl: string;
  readonly controlUrl: string;
  readonly tlsUrl: string | undefined;
}

/** Written whole or not at all, so that who waits for it never reads half of it. */
export async function writeReadyFile(path: string, ready: ReadyFile): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify({ ...ready, pid: process.pid })}\n`);
  await rename(draft, path);
}

export async function removeReadyFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
