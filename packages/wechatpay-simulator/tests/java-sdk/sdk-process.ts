import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { MerchantDescription } from '../../src/control/describe-merchant.ts';

/** The SDK's own time-outs are 10 s to connect and 10 s to read; a bill takes two calls. */
const CALL_TIMEOUT_MS = 45_000;
/** The SDK's threads are daemons: nothing of it may hold the process longer. */
const EXIT_TIMEOUT_MS = 5_000;
const MAX_LOG_LENGTH = 20_000;

export type SdkConfig = 'RSAAutoCertificateConfig' | 'RSAPublicKeyConfig' | 'RSACombinedNotificationConfig';

/** Makes one call of SdkCalls.java. Rejects with a JavaSdkError when the SDK throws. */
export type SdkClient = (call: string, request?: unknown) => Promise<unknown>;

/** What the SDK threw: the class of the exception and, of a ServiceException, status and code of the answer. */
export class JavaSdkError extends Error {
  readonly type: string;
  readonly status: number | undefined;
  readonly code: string | undefined;

  constructor(thrown: { type: string; message?: string; status?: number; code?: string }) {
    super(`${thrown.type}: ${thrown.message}`);
    this.name = 'JavaSdkError';
    this.type = thrown.type;
    this.status = thrown.status;
    this.code = thrown.code;
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A Java process that makes one SDK call after the other (SdkDriver.java). */
export class SdkProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  #log = '';
  #clients = 0;
  /** How it came to its end; undefined while it runs. */
  #end: string | undefined;

  constructor(classpath: string) {
    const log = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
    this.#child = spawn('java', [log, '-cp', classpath, 'wechatpay.simulator.sdk.SdkDriver']);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-MAX_LOG_LENGTH);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#settle(line));
    this.#child.on('error', (error) => this.#failAll(`could not be started (${error.message})`));
    this.#child.on('exit', (code, signal) => this.#failAll(`ended (${signal ?? `code ${code}`})`));
    // A write that comes too late; the end itself is told to whoever waits.
    this.#child.stdin.on('error', () => {});
  }

  /** Builds the SDK's config of this name for the merchant; RSAAutoCertificateConfig downloads certificates here. */
  async open(config: SdkConfig, merchant: MerchantDescription, simulatorUrl: string): Promise<SdkClient> {
    this.#clients += 1;
    const client = `client-${this.#clients}`;
    await this.#ask({ client, config, merchant: { ...merchant, simulatorUrl } });
    return (call, request) => this.#ask({ client, call, request: request ?? null });
  }

  /** Ends the input, upon which the process ends by itself; resolves to its exit code. */
  async close(): Promise<number | null> {
    if (this.#end !== undefined) return this.#child.exitCode;
    const exit = once(this.#child, 'exit', { signal: AbortSignal.timeout(EXIT_TIMEOUT_MS) });
    this.#child.stdin.end();
    try {
      await exit;
    } catch {
      this.#child.kill('SIGKILL');
      throw new Error(`The Java process did not end within ${EXIT_TIMEOUT_MS} ms of the end of its input.`);
    }
    return this.#child.exitCode;
  }

  #ask(line: unknown): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(new Error(this.#end));
    return new Promise((resolve, reject) => {
      // Answers come in the order of the calls, so after a lost one nothing that follows could be told apart.
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), CALL_TIMEOUT_MS);
      const settled =
        <V>(settle: (value: V) => void) =>
        (value: V) => {
          clearTimeout(timer);
          settle(value);
        };
      this.#waiting.push({ resolve: settled(resolve), reject: settled(reject) });
      this.#child.stdin.write(`${JSON.stringify(line)}\n`);
    });
  }

  #settle(line: string): void {
    const answer = JSON.parse(line);
    const asked = this.#waiting.shift();
    if (answer.error === undefined) asked?.resolve(answer.value);
    else asked?.reject(new JavaSdkError(answer.error));
  }

  #failAll(what: string): void {
    this.#end = `The Java process ${what}: ${this.#log}`;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(this.#end));
  }
}
