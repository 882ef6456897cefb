import { BadInput } from '@payguard/cli/command';
import type { DemoSizes } from '../demo/plan-orders.ts';

export type DemoShare = Exclude<keyof DemoSizes, 'orders'>;

/** Percent of the orders where nothing else is asked for. */
export const DEFAULT_SHARES: Readonly<Record<DemoShare, number>> = { lost: 10, doubled: 20, tampered: 5, probed: 5 };

/** The demo's own questions read all its orders at once; for more there is npm run soak. */
const MAX_ORDERS = 20_000;
const SHARES = ['lost', 'doubled', 'tampered', 'probed'] as const satisfies readonly DemoShare[];

/**
 * Sizes from what was typed. Shares that were not given are the default ones, or less when those that were leave no room
 * for them: `--lost 100` is enough to lose all. Throws BadInput.
 */
export function readSizes(
  values: { orders: string } & Readonly<{ [Share in DemoShare]?: string | undefined }>,
): DemoSizes {
  const given = new Map<DemoShare, number>();
  for (const share of SHARES) {
    const text = values[share];
    if (text !== undefined) given.set(share, readNumber(share, text, PERCENT));
  }
  const total = sum([...given.values()]);
  if (total > 100) {
    throw new BadInput(`--lost, --doubled, --tampered and --probed make ${total} % together: give at most 100.`);
  }
  const byDefault = sum(SHARES.filter((share) => !given.has(share)).map((share) => DEFAULT_SHARES[share]));
  const part = Math.min(1, (100 - total) / byDefault);
  const shareOf = (share: DemoShare) => given.get(share) ?? Math.floor(DEFAULT_SHARES[share] * part);
  return {
    orders: readNumber('orders', values.orders, { min: 1, max: MAX_ORDERS, isWhole: true }),
    lost: shareOf('lost'),
    doubled: shareOf('doubled'),
    tampered: shareOf('tampered'),
    probed: shareOf('probed'),
  };
}

const PERCENT = { min: 0, max: 100, isWhole: false };

function readNumber(
  name: keyof DemoSizes,
  text: string,
  range: { min: number; max: number; isWhole: boolean },
): number {
  const value = Number(text);
  const isFine = text.trim() !== '' && value >= range.min && value <= range.max;
  if (isFine && (!range.isWhole || Number.isInteger(value))) return value;
  const kind = range.isWhole ? 'a whole number' : 'a percentage';
  throw new BadInput(`--${name} ${text} is not ${kind} from ${range.min} to ${range.max}.`);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
