import { readFileSync } from 'node:fs';
import { readSettings, type Settings } from './config.ts';
import { explainStartError } from './explain-start-error.ts';
import { giveBackMemoryWhenQuiet } from './give-back-memory.ts';
import { helpText } from './help-text.ts';
import { removeReadyFile, writeReadyFile } from './ready-file.ts';
import { createSimulator, type Simulator } from './simulator.ts';

/** Something for the person at the keyboard to mend: the sentence printed says what. */
const EXIT_TO_MEND = 2;
/** Sends under way end within their 5 s; twice that means something hangs. */
const STOP_TIMEOUT_MS = 10_000;

const outcome = readSettings(process.argv.slice(2), process.env);
switch (outcome.kind) {
  case 'help':
    console.log(helpText());
    break;
  case 'version':
    console.log(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version);
    break;
  case 'invalid':
    console.error(outcome.message);
    process.exitCode = EXIT_TO_MEND;
    break;
  case 'run':
    await run(outcome.settings).catch((error: unknown) => {
      console.error(explainStartError(error));
      process.exit(EXIT_TO_MEND);
    });
}

async function run(settings: Settings): Promise<void> {
  const simulator = await createSimulator({
    merchants: settings.merchant,
    stateDir: settings.state,
    keysDir: settings.keys,
    clock: settings.clock,
    clockStartMs: settings['clock-start'] === undefined ? undefined : Date.parse(settings['clock-start']),
    speed: settings.speed,
    seed: settings.seed,
    defaultNotifyUrl: settings['notify-url'],
    concurrency: settings.concurrency,
    host: settings.host,
    tlsPort: settings['tls-port'],
    publicUrl: settings['public-url'],
  });
  stopOnSignal(simulator, settings['ready-file']);
  await simulator.listen(settings.port);
  giveBackMemoryWhenQuiet(() => countAttempts(simulator));
  const { apiUrl, controlUrl, tlsUrl } = simulator;
  if (settings['ready-file'] !== undefined)
    await writeReadyFile(settings['ready-file'], { apiUrl, controlUrl, tlsUrl });
  const tls = tlsUrl === undefined ? '' : ` and ${tlsUrl}`;
  console.log(`wechatpay-simulator listens on ${apiUrl}${tls}, control API ${controlUrl}`);
}

function countAttempts(simulator: Simulator): number {
  return Object.values(simulator.summary().attemptsByStatus).reduce((sum, count) => sum + count, 0);
}

function stopOnSignal(simulator: Simulator, readyFile: string | undefined): void {
  let isStopping = false;
  const stop = async () => {
    // A second signal means: now.
    if (isStopping) process.exit(1);
    isStopping = true;
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
    if (readyFile !== undefined) await removeReadyFile(readyFile);
    await simulator.close().catch((error: unknown) => {
      console.error(
        `wechatpay-simulator could not keep its last changes: ${error instanceof Error ? error.message : error}`,
      );
      process.exitCode = 1;
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
