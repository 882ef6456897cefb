import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { findFreePort } from '../src/servers/find-free-port.ts';
import { identify } from '../src/supervise/process-identity.ts';
import { type SupervisedService, type SuperviseOptions, superviseService } from '../src/supervise/supervise-service.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { waitUntil } from './wait-until.ts';

const TEST_MS = 30_000;

describe('a supervised service', { timeout: TEST_MS }, () => {
  const folder = temporaryFolder();
  const started: SupervisedService[] = [];
  const events: string[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((service) => service.stop()));
    events.length = 0;
  });

  const supervise = async (options: Partial<SuperviseOptions> = {}) => {
    const port = await findFreePort();
    const service = superviseService({
      name: 'service',
      command: process.execPath,
      args: [join(import.meta.dirname, 'service-script.ts')],
      env: { PORT: String(port) },
      logFile: join(folder, `service-${port}.log`),
      readyUrl: `http://127.0.0.1:${port}/health`,
      onEvent: (line) => events.push(line),
      registerChild: () => undefined,
      ...options,
    });
    started.push(service);
    return service;
  };

  test('is ready when its URL answers, and writes its own log', async () => {
    const registered: number[] = [];
    const service = await supervise({ registerChild: (pid) => registered.push(pid) });
    await service.ready(10_000);
    expect(registered).toEqual([service.pid]);
    expect(readFileSync(service.log, 'utf8')).toMatch(/^listening on \d+\n$/);
  });

  test('is started again after kill -9', async () => {
    const service = await supervise();
    await service.ready(10_000);
    const killed = service.pid;
    await service.kill();
    await waitUntil('a new process', () => service.pid !== undefined);
    await service.ready(10_000);
    expect(service.pid).not.toBe(killed);
    expect(service.restarts).toBe(1);
    expect(events).toEqual(['service ended (signal SIGKILL), starting it again in 200 ms']);
  });

  test('is started again ever more slowly while it keeps ending', async () => {
    const service = await supervise({ args: ['-e', 'process.exit(1)'] });
    await waitUntil('three ends', () => events.length >= 3);
    await service.stop();
    expect(events.slice(0, 3)).toEqual([
      'service ended (exit code 1), starting it again in 200 ms',
      'service ended (exit code 1), starting it again in 400 ms',
      'service ended (exit code 1), starting it again in 800 ms',
    ]);
  });

  test('is not started again when it refuses its configuration: ready() rejects with its last words', async () => {
    const service = await supervise({ env: {} });
    const sentence =
      'service refused its configuration (exit code 2): PORT is missing: set it to the port to listen on';
    await expect(service.ready(10_000)).rejects.toThrow(sentence);
    expect(events).toEqual([sentence]);
    expect(service.restarts).toBe(0);
    expect(service.pid).toBeUndefined();
  });

  test('that is not ready in time is told of, with the place of its log', async () => {
    const service = await supervise({ readyUrl: 'http://127.0.0.1:1/' });
    await expect(service.ready(300)).rejects.toThrow(
      `service was not ready after 0.3 s (GET http://127.0.0.1:1/): see ${service.log}`,
    );
  });

  test('that does not exist as a command is reported, and can be stopped while it waits', async () => {
    const service = await supervise({ command: 'no-such-command' });
    await waitUntil('the report', () => events.length > 0);
    expect(events[0]).toBe('service ended (spawn no-such-command ENOENT), starting it again in 200 ms');
    await service.stop();
    expect(service.pid).toBeUndefined();
  });

  test('is gone after stop(), which may be called twice, and stays gone', async () => {
    const service = await supervise();
    await service.ready(10_000);
    const pid = service.pid ?? 0;
    await Promise.all([service.stop(), service.stop()]);
    expect(identify(pid)).toBeUndefined();
    expect(events).toEqual([]);
    await expect(service.ready(10_000)).rejects.toThrow('service was stopped before it was ready');
  });
});
