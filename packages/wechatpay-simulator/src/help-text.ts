import { DEFAULT_SPEED, MAX_SPEED } from './clock/accelerated-clock.ts';
import { flagsSchema } from './config.ts';

type FlagName = keyof typeof flagsSchema.shape;

interface FlagHelp {
  /** How its value is written. */
  readonly value: string;
  readonly says: string;
  /** Where the schema's default does not say it by itself. */
  readonly leftOut?: string;
}

/** In groups as a newcomer needs them. */
const GROUPS: Readonly<Record<string, readonly FlagName[]>> = {
  'Where it serves': ['port', 'host', 'tls-port', 'public-url', 'ready-file'],
  'Merchants, and what is kept': ['merchant', 'state', 'keys'],
  Time: ['clock', 'clock-start', 'speed'],
  Notifications: ['notify-url', 'concurrency'],
  Chance: ['seed'],
};

const FLAGS: Readonly<Record<FlagName, FlagHelp>> = {
  port: { value: 'PORT', says: 'Port to listen on.', leftOut: 'a free one' },
  host: { value: 'ADDRESS', says: 'Address to listen on.' },
  'tls-port': {
    value: 'PORT',
    says: 'Port to serve TLS on as well, as api.mch.weixin.qq.com and localhost, by the root CA in --state or --keys.',
    leftOut: 'no TLS',
  },
  'public-url': {
    value: 'URL',
    says: 'Where others reach it, for h5_url and download_url.',
    leftOut: 'where it listens',
  },
  'ready-file': { value: 'FILE', says: 'JSON with the URLs: written when it listens, removed when it ends.' },
  merchant: {
    value: 'MERCHANT',
    says: 'MCHID[:APPID[:MODE]], several times for several merchants. MODE says with what WeChat Pay signs: certificate, public-key, or rotating[:SHARE] from one to the other.',
    leftOut: '1900000001',
  },
  state: {
    value: 'DIR',
    says: 'Keeps everything over restarts: keys, orders, refunds, notifications.',
    leftOut: 'in memory',
  },
  keys: { value: 'DIR', says: 'Keeps the keys alone.', leftOut: 'where --state is' },
  clock: {
    value: 'MODE',
    says: 'real, accelerated (--speed times as fast), or manual (stands still until it is advanced).',
  },
  'clock-start': {
    value: 'TIME',
    says: 'Where a manual or accelerated clock begins, as in 2025-07-12T00:00:00+08:00.',
    leftOut: 'now',
  },
  speed: {
    value: 'FACTOR',
    says: `Of an accelerated clock, 0 to ${MAX_SPEED} (a day a second).`,
    leftOut: String(DEFAULT_SPEED),
  },
  'notify-url': { value: 'URL', says: 'Where orders made through the control API are notified.' },
  concurrency: { value: 'COUNT', says: 'Notifications sent at once.' },
  seed: {
    value: 'TEXT',
    says: 'Decides all ids, payers and drawn faults: same seed, same run.',
    leftOut: 'a random one',
  },
};

const EXAMPLES = [
  '  wechatpay-simulator --port 8900 --notify-url http://127.0.0.1:3000/wechat/callback',
  '  wechatpay-simulator --port 8900 --state .simulator --clock accelerated --speed 600',
  '  wechatpay-simulator --merchant 1900000001 --merchant 1900000002:wx0123456789abcdef:public-key',
];

const FLAG_COLUMNS = 24;
const TEXT_COLUMNS = 72;

/** What `--help` prints, at most 96 columns wide. What holds when a flag is left out stands in brackets. */
export function helpText(): string {
  return [
    'wechatpay-simulator: WeChat Pay APIv3 on your own machine, with faults.',
    '',
    'Usage: wechatpay-simulator [flags]',
    ...Object.entries(GROUPS).flatMap(([title, names]) => ['', title, ...names.flatMap(describeFlag)]),
    '',
    'Examples',
    ...EXAMPLES,
    '',
    'Each flag is an environment variable too: --notify-url is WECHATPAY_SIMULATOR_NOTIFY_URL.',
    'Then open the URL it prints, or ask the control API: GET /control/v1/merchants has the keys.',
  ].join('\n');
}

function describeFlag(name: FlagName): string[] {
  const { value, says } = FLAGS[name];
  const leftOut = leftOutText(name);
  const flag = `  --${name} ${value}`.padEnd(FLAG_COLUMNS);
  const lines = wrap(leftOut === undefined ? says : `${says} [${leftOut}]`);
  return lines.map((line, index) => (index === 0 ? flag : ' '.repeat(FLAG_COLUMNS)) + line);
}

function wrap(text: string): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= TEXT_COLUMNS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function leftOutText(name: FlagName): string | undefined {
  const byHand = FLAGS[name].leftOut;
  if (byHand !== undefined) return byHand;
  const parsed = flagsSchema.shape[name].safeParse(undefined);
  return parsed.success && parsed.data !== undefined ? String(parsed.data) : undefined;
}
