import { parseArgs } from 'node:util';
import { clientIdSchema, createApiKey } from '@payguard/shared/config/api-keys-file';
import { mchidSchema } from '@payguard/shared/rules/wechat-fields';
import { BadInput, type Command, EXIT_OK } from '../command.ts';

const HELP = `Usage: payguard api-key new --id NAME --mchid ID [--mchid ID …] [--not-after TIME]

Makes a key for the order API and prints it, this once, with the entry for the file that API_KEYS_FILE names. The file
holds only the key's hash. To replace a key, add a second entry with the same id, let the client change over, remove the first.

  --id NAME         who calls; the same name for all keys of one client
  --mchid ID        a merchant whose orders it reaches; may be repeated
  --not-after TIME  when it stops being valid, as 2027-01-31T00:00:00+08:00 (default: never)

Exit code: 0 made, 2 wrong options.`;

export const apiKeyCommand: Command = {
  summary: 'make a key for the order API',
  help: HELP,
  run: async (args) => {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        id: { type: 'string' },
        mchid: { type: 'string', multiple: true, default: [] },
        'not-after': { type: 'string' },
      },
    });
    if (positionals.join(' ') !== 'new') throw new BadInput('Say what to do: payguard api-key new.');
    const entry = {
      id: readId(values.id),
      mchids: readMchids(values.mchid),
      notAfter: readTime(values['not-after']),
    };
    const { key, sha256 } = createApiKey();
    console.log(describeKey(key, yamlEntry({ ...entry, sha256 })));
    return EXIT_OK;
  },
};

function readId(text: string | undefined): string {
  if (text === undefined) throw new BadInput('--id is missing: name the client.');
  const parsed = clientIdSchema.safeParse(text);
  if (!parsed.success) throw new BadInput(`--id ${text} ${parsed.error.issues[0]?.message ?? 'is wrong'}.`);
  return parsed.data;
}

function readMchids(texts: readonly string[]): string[] {
  if (texts.length === 0) throw new BadInput('--mchid is missing: name the merchants whose orders the key reaches.');
  const wrong = texts.find((text) => !mchidSchema.safeParse(text).success);
  if (wrong !== undefined) throw new BadInput(`--mchid ${wrong} is no merchant number: it has digits only.`);
  return [...new Set(texts)];
}

function readTime(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new BadInput(`--not-after ${text} is no time: write it as 2027-01-31T00:00:00+08:00.`);
  return new Date(at).toISOString();
}

type Entry = { id: string; sha256: string; mchids: readonly string[]; notAfter: string | undefined };

/** Quoted, so that a number of digits stays text. */
function yamlEntry({ id, sha256, mchids, notAfter }: Entry): string {
  return [
    `  - id: "${id}"`,
    `    sha256: "${sha256}"`,
    `    mchids: [${mchids.map((mchid) => `"${mchid}"`).join(', ')}]`,
    ...(notAfter === undefined ? [] : [`    not_after: "${notAfter}"`]),
  ].join('\n');
}

function describeKey(key: string, entry: string): string {
  return [
    'The key, for the client; it is not shown again:',
    '',
    key,
    '',
    'For the file of API_KEYS_FILE (running services read it again within 5 s):',
    '',
    'keys:',
    entry,
  ].join('\n');
}
