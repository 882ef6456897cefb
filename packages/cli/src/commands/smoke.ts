import { parseArgs } from 'node:util';
import { BadInput, type Command, EXIT_FAILED, EXIT_OK } from '../command.ts';
import { readProbeSettings } from '../config.ts';
import { printable } from '../printable.ts';
import { checkGateway, type SmokeResult } from '../smoke/check-gateway.ts';

const HELP = `Usage: payguard smoke --gateway URL [--json]

Asks a callback gateway two things from where it stands, as after an installation: its health has to be 200, and an
unsigned POST to its callback has to be refused with 4xx. (payguard probe judges the public URL as WeChat Pay would.)

  --gateway URL  http://host:port of the gateway, or the whole URL of its callback
  --json         the results as JSON

PROBE_CA_FILE: certificates to trust besides the public ones.
Exit code: 0 both are as they should be, 1 they are not, 2 wrong options or settings.`;

/** Where the gateway takes callbacks; its health is beside it. */
const CALLBACK_PATH = '/api/payment/wechat/callback';

export const smokeCommand: Command = {
  summary: 'ask a gateway for its health, and to refuse what is unsigned',
  help: HELP,
  run: async (args) => {
    const { values } = parseArgs({
      args,
      options: { gateway: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const callbackUrl = readGateway(values.gateway);
    const results = await checkGateway(callbackUrl, readProbeSettings().trusted);
    console.log(values.json ? JSON.stringify(results, null, 2) : results.map(format).join('\n'));
    return results.every(({ passed }) => passed) ? EXIT_OK : EXIT_FAILED;
  },
};

function readGateway(text: string | undefined): URL {
  if (text === undefined) throw new BadInput('No gateway is named: give --gateway http://host:port.');
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new BadInput('--gateway cannot be used: write it as http://host:port, without user, query or fragment.');
  }
  if (url.pathname === '/') return new URL(CALLBACK_PATH, url);
  if (url.pathname.endsWith('/callback')) return url;
  throw new BadInput(
    `--gateway ends with ${url.pathname}: give http://host:port alone, or a path that ends with /callback.`,
  );
}

function format({ check, passed, message }: SmokeResult): string {
  return printable(`${passed ? 'ok  ' : 'bad '}  ${check}: ${message}`);
}
