import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSimulator } from '../src/simulator.ts';
import { STATE_FILE_NAME } from '../src/state/open-state.ts';
import { STATE_FORMAT, StateFile, type StateRow } from '../src/state/state-file.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wechatpay-simulator-'));
  path = join(dir, STATE_FILE_NAME);
});
afterEach(() => rmSync(dir, { recursive: true }));

const order = (key: string, value: unknown): StateRow => ({ table: 'orders', key, value });
function readOrders(file: StateFile): string[] {
  const orders: string[] = [];
  file.each('orders', (value, key) => orders.push(`${key}=${JSON.stringify(value)}`));
  return orders;
}

/** Opens the file directly, as a person with the sqlite3 command does. */
function change(sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

describe('a state file', () => {
  it('gives back values in the order of their first writes, each as it was last written', () => {
    const file = new StateFile(path);
    file.write([order('b', 1), order('a', 2)], { emptyFirst: false });
    file.write([order('c', 3), order('b', { now: '新' })], { emptyFirst: false });
    file.close();
    const again = new StateFile(path);
    expect(readOrders(again)).toEqual(['b={"now":"新"}', 'a=2', 'c=3']);
    again.write([order('d', 4)], { emptyFirst: true });
    expect(readOrders(again)).toEqual(['d=4']);
    again.close();
    again.close();
  });

  it('writes all rows or none', () => {
    const file = new StateFile(path);
    file.write([order('a', 1)], { emptyFirst: false });
    const endless: Record<string, unknown> = {};
    endless.self = endless;
    expect(() => file.write([order('b', 2), order('c', endless)], { emptyFirst: true })).toThrow();
    expect(readOrders(file)).toEqual(['a=1']);
    file.close();
  });

  it('belongs to one simulator at a time', () => {
    const file = new StateFile(path);
    expect(() => new StateFile(path)).toThrow(`${path} is in use by another simulator; stop that one, or choose`);
    file.close();
    new StateFile(path).close();
  });
});

describe('a simulator refuses to start, in one sentence that names the file, on', () => {
  const start = () => createSimulator({ stateDir: dir });
  async function expectRefusal(sentence: string) {
    const refusal = await start().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Error);
    const message = refusal instanceof Error ? refusal.message : '';
    expect(message).toContain(sentence);
    expect(message).toContain(path);
    expect(message).toMatch(/^[^\n]+\.$/);
  }

  it('a file that is no database', async () => {
    writeFileSync(path, 'not a database, '.repeat(100));
    await expectRefusal('is damaged');
  });

  it('a file with a torn page', async () => {
    const file = new StateFile(path);
    const rows = Array.from({ length: 1_000 }, (_, index) => order(`K${index}`, 'x'.repeat(200)));
    file.write(rows, { emptyFirst: false });
    file.close();
    const descriptor = openSync(path, 'r+');
    writeSync(descriptor, Buffer.alloc(8_192, 0xa5), 0, 8_192, 40_960);
    closeSync(descriptor);
    await expectRefusal('is damaged');
  });

  it('a file cut short', async () => {
    const file = new StateFile(path);
    file.write([order('a', 'x'.repeat(20_000))], { emptyFirst: false });
    file.close();
    truncateSync(path, 8_192);
    await expectRefusal('is damaged');
  });

  it('an order that makes no sense', async () => {
    const file = new StateFile(path);
    file.write([order('1900000001:ODD', { terms: {} })], { emptyFirst: false });
    file.close();
    await expectRefusal('is damaged (orders 1900000001:ODD cannot be read)');
  });

  it('the state of a newer simulator', async () => {
    new StateFile(path).close();
    change(`PRAGMA user_version = ${STATE_FORMAT + 1}`);
    await expectRefusal('was written by a newer simulator; update this one');
  });

  it('the database of another program', async () => {
    change('CREATE TABLE customers (name TEXT)');
    await expectRefusal('is not the state of a simulator; choose another folder');
  });

  it('a state that another simulator is using', async () => {
    const first = await start();
    await expectRefusal('is in use by another simulator');
    await first.close();
    const second = await start();
    await second.close();
  });

  it('a state begun with another seed', async () => {
    const first = await createSimulator({ stateDir: dir, seed: 'one' });
    await first.close();
    const refusal = createSimulator({ stateDir: dir, seed: 'two' });
    await expect(refusal).rejects.toThrow(`${path} was begun with another seed; leave the seed out`);
    const again = await createSimulator({ stateDir: dir });
    await again.close();
  });
});
