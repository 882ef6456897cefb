import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const TIMEOUT_MS = 180_000;

it(
  'the bench runs at a small size, and points is several times one transaction an event',
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'main.ts'), '--smoke'], {
      timeout: TIMEOUT_MS,
    });
    expect(stdout).toMatch(/gateway ÷ bare handler, callbacks per CPU-second: +[\d.]+/);
    const oneByOne = /points ÷ one transaction an event: +([\d.]+)/.exec(stdout)?.[1];
    expect(stdout).toMatch(/simulator's deliveries ÷ signing, per CPU-second: +[\d.]+/);
    expect(stdout).toMatch(/simulator with 3000 open orders: \d+ MiB/);
    expect(stdout).toMatch(/gateway traced at 1 % ÷ untraced, per CPU-second: +[\d.]+/);
    expect(stdout).toMatch(/points traced at 1 % ÷ untraced, per CPU-second: +[\d.]+/);
    // The bar of 5 is for the full size; a run this small beside other tests only shows the shape.
    expect(Number(oneByOne)).toBeGreaterThan(2);
  },
  TIMEOUT_MS,
);
