import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CALLBACK_PATH, HEALTH_PATH } from '@payguard/callback-gateway/app';
import { environment } from '@payguard/callback-gateway/config';
import { startGateway } from '@payguard/callback-gateway/start-gateway';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { vi } from 'vitest';
import { createSimulator, type Simulator } from 'wechatpay-simulator';
import type { MerchantDescription } from 'wechatpay-simulator/control/describe-merchant';

export type LogLine = Record<string, unknown> & { level: string; msg: string };

export type GatewayWorld = {
  readonly callbackUrl: string;
  readonly healthUrl: string;
  /** Base of /metrics and /health/ready. */
  readonly operationsUrl: string;
  readonly port: number;
  readonly simulator: Simulator;
  /** Signs with the platform certificate's key; the second one with the public key. */
  readonly merchant: MerchantDescription;
  readonly other: MerchantDescription;
  readonly folder: string;
  readonly logLines: LogLine[];
  ready(): Promise<void>;
  /** The value of a metric without labels, or with exactly these as written in the exposition. */
  metric(name: string, labels?: string): Promise<number>;
  stop(): Promise<void>;
};

const READY_TIMEOUT_MS = 20_000;
const POLL_MS = 25;

/** A gateway of this process on real Kafka, and a simulator whose two merchants it serves. Both key kinds of each. */
export async function openGatewayWorld(options: {
  brokers: string[];
  env?: Record<string, string>;
}): Promise<GatewayWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-gateway-'));
  const mchid = `19${String(process.pid).padStart(6, '0').slice(-6)}${Math.floor(Math.random() * 9)}`;
  const simulator = await createSimulator({
    merchants: [
      { mchid: `${mchid}1`, mode: 'certificate' },
      { mchid: `${mchid}2`, mode: 'public-key' },
    ],
    stateDir: join(folder, 'simulator'),
  });
  const [merchant, other] = simulator.merchants;
  if (merchant === undefined || other === undefined) throw new Error('the simulator has two merchants');
  const file = writeMerchantsFile(folder, [merchant, other]);

  const logLines: LogLine[] = [];
  const log = createLogger('callback-gateway', 'debug', { write: (line) => logLines.push(JSON.parse(line)) });
  const config = loadEnvironment(environment, {
    KAFKA_BROKERS: options.brokers.join(),
    MERCHANTS_FILE: file,
    HOST: '127.0.0.1',
    PORT: '0',
    METRICS_PORT: '0',
    ...options.env,
  });
  const gateway = await startGateway(config, log);
  const operationsUrl = String(logLines.find((line) => line.msg === 'listening')?.operations);

  return {
    callbackUrl: gateway.url + CALLBACK_PATH,
    healthUrl: gateway.url + HEALTH_PATH,
    operationsUrl,
    port: Number(new URL(gateway.url).port),
    simulator,
    merchant,
    other,
    folder,
    logLines,
    async ready() {
      const isReady = async () => (await fetch(`${operationsUrl}/health/ready`)).status === 200;
      await vi.waitUntil(isReady, { timeout: READY_TIMEOUT_MS, interval: POLL_MS });
    },
    async metric(name, labels) {
      const text = await (await fetch(`${operationsUrl}/metrics`)).text();
      const inner = `service="callback-gateway"${labels === undefined ? '' : `,${labels}`}`;
      const alternatives = [`${name}{${inner}} `, `${name}{${labels},service="callback-gateway"} `];
      const line = text.split('\n').find((candidate) => alternatives.some((start) => candidate.startsWith(start)));
      return Number(line?.split(' ').at(-1));
    },
    async stop() {
      await simulator.close();
      await gateway.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeMerchantsFile(folder: string, merchants: MerchantDescription[]): string {
  const entries = merchants.map(({ mchid, appid, apiV3Key, paths }) => {
    const keyFile = join(folder, `${mchid}.key`);
    writeFileSync(keyFile, apiV3Key);
    return {
      mchid,
      appids: [appid],
      keys: { apiV3KeyFile: keyFile, verificationKeysDir: paths?.verification },
    };
  });
  const file = join(folder, 'merchants.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ merchants: entries }));
  return file;
}

/** Every file of keys that WeChat Pay signs with for a merchant lies here; the gateway looks every 5 s. */
export function verificationDir(merchant: MerchantDescription): string {
  if (merchant.paths === null) throw new Error('the simulator was given a state directory');
  return merchant.paths.verification;
}
