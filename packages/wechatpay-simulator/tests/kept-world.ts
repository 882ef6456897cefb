import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createSimulator, type Simulator, type SimulatorOptions } from '../src/simulator.ts';
import { type Answer, type Receiver, startReceiver } from './receiver.ts';

export const START_MS = Date.parse('2025-07-01T00:00:00Z');

export interface KeptWorld {
  /** Empty at the start of each test. */
  readonly stateDir: string;
  readonly receiver: Receiver;
  /** What the receiver answers from now on; 204 at the start of each test. */
  answer: Answer;
  start(options?: SimulatorOptions): Promise<Simulator>;
  /** Runs `use` with a simulator on the test's state, from its start to its stop. */
  withSimulator<T>(use: (simulator: Simulator) => Promise<T>, options?: SimulatorOptions): Promise<T>;
}

/** For tests that start a simulator again and again on one state: manual clock from START_MS, one receiver, shared keys. */
export function useKeptWorld(): KeptWorld {
  const keysDir = mkdtempSync(join(tmpdir(), 'wechatpay-simulator-keys-'));
  let receiver: Receiver;
  let stateDir: string;

  beforeAll(async () => {
    receiver = await startReceiver(() => world.answer);
  });
  afterAll(async () => {
    rmSync(keysDir, { recursive: true });
    await receiver.close();
  });
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'wechatpay-simulator-'));
    world.answer = 204;
    receiver.received.length = 0;
    return () => rmSync(stateDir, { recursive: true });
  });

  const world: KeptWorld = {
    get stateDir() {
      return stateDir;
    },
    get receiver() {
      return receiver;
    },
    answer: 204,
    start: async (options = {}) => {
      const common = { stateDir, keysDir, clock: 'manual', clockStartMs: START_MS } as const;
      const simulator = await createSimulator({ ...common, defaultNotifyUrl: receiver.url, ...options });
      await simulator.listen();
      return simulator;
    },
    withSimulator: async (use, options) => {
      const simulator = await world.start(options);
      try {
        return await use(simulator);
      } finally {
        await simulator.close();
      }
    },
  };
  return world;
}

/** The merchant of a simulator that has one. */
export function merchantOf(simulator: Simulator): Simulator['merchants'][number] {
  const [merchant] = simulator.merchants;
  if (merchant === undefined) throw new Error('a simulator has a merchant');
  return merchant;
}
