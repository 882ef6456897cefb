import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Scene } from '../simulated-merchant.ts';
import { buildDriver, findMissingTool } from './build-driver.ts';
import { type SdkClient, type SdkConfig, SdkProcess } from './sdk-process.ts';

export interface JavaSdk {
  /** Sets the SDK up for the scene's merchant. It reads the real clock: the scene's must be near it by now. */
  open(config: SdkConfig, scene: Scene): Promise<SdkClient>;
  /** Ends the input of its process; resolves to the exit code. */
  end(): Promise<number | null>;
}

/** Longer than any wait of the build itself, so that its own error comes first. */
const BUILD_TIMEOUT_MS = 240_000;

/**
 * Builds the driver of the Java SDK once for the tests of a file, and starts it. The tests are skipped where Maven or a JDK
 * is missing; a build that fails is the failure of each test.
 */
export function useJavaSdk(): JavaSdk {
  const target = mkdtempSync(join(tmpdir(), 'wechatpay-java-sdk-'));
  let missingTool: string | undefined;
  let started: Promise<SdkProcess> | undefined;

  beforeAll(async () => {
    missingTool = await findMissingTool();
    if (missingTool !== undefined) return;
    started = buildDriver(target).then((classpath) => new SdkProcess(classpath));
    await Promise.allSettled([started]);
  }, BUILD_TIMEOUT_MS);

  beforeEach((context) => {
    if (missingTool !== undefined) context.skip(missingTool);
  });

  afterAll(async () => {
    const [start] = await Promise.allSettled([started]);
    if (start.status === 'fulfilled') await start.value?.close();
    rmSync(target, { recursive: true });
  });

  function sdkProcess(): Promise<SdkProcess> {
    if (started === undefined) throw new Error('The Java SDK is there for tests only, after beforeAll.');
    return started;
  }

  return {
    open: async (config, { merchant, simulator }) => {
      const sdk = await sdkProcess();
      return sdk.open(config, merchant, simulator.apiUrl);
    },
    end: async () => {
      const sdk = await sdkProcess();
      return sdk.close();
    },
  };
}
