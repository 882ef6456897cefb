import { HELP, readSettings, type Settings } from './config.ts';
import { createReceivers, type Receivers } from './receivers.ts';

/** Something for the person at the keyboard to mend: the sentence printed says what. */
const EXIT_TO_MEND = 2;
const STOP_TIMEOUT_MS = 5_000;

const reading = readSettings(process.argv.slice(2));
switch (reading.kind) {
  case 'help':
    console.log(HELP);
    break;
  case 'invalid':
    console.error(reading.message);
    process.exitCode = EXIT_TO_MEND;
    break;
  case 'run':
    await run(reading.settings).catch((err: unknown) => {
      console.error(`The receivers cannot start: ${err instanceof Error ? err.message : String(err)}.`);
      process.exit(EXIT_TO_MEND);
    });
}

async function run(settings: Settings): Promise<void> {
  const receivers = await createReceivers({
    stateDir: settings.state,
    host: settings.host,
    port: settings.port,
    smtpPort: settings['smtp-port'],
    smtpImplicitTlsPort: settings['smtp-tls-port'],
    windowMs: settings['window-seconds'] * 1_000,
    silenceMs: settings['silence-seconds'] * 1_000,
  });
  stopOnSignal(receivers);
  const { smtp } = receivers;
  console.log(
    `receivers listen on ${receivers.page}, SMTP ${smtp.host}:${smtp.port} and :${smtp.implicitTlsPort} (TLS)`,
  );
}

function stopOnSignal(receivers: Receivers): void {
  let isStopping = false;
  const stop = async () => {
    // A second signal means: now.
    if (isStopping) process.exit(1);
    isStopping = true;
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
    await receivers.close();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
