import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 20;
const TIMEOUT_MS = 20_000;

/** Resolves when `condition` holds; fails the test after 20 s. */
export async function waitUntil(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited ${TIMEOUT_MS} ms in vain: ${what}`);
    await wait(POLL_MS);
  }
}
