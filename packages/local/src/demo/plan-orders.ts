import { createHash } from 'node:crypto';

/** What happens to the callback of an order; an order has one fate. */
export type Fate = 'plain' | 'lost' | 'doubled' | 'tampered' | 'probed';

/** As the simulator's control API takes it. */
export type CallbackFault =
  | { kind: 'lost' | 'doubled' | 'doubled_at_once' | 'signtest' }
  | { kind: 'tampered'; part: 'body' | 'signature' | 'tag' }
  | { kind: 'wrong_amount'; attempts: number };

export type PlannedOrder = {
  outTradeNo: string;
  /** Which of the demo's users buys it. */
  user: number;
  /** Fen. */
  amountTotal: number;
  points: number;
  bonusPoints: number;
  /** Given for the incident's order alone; the others get one of the simulator's. */
  transactionId?: string;
  fate: Fate;
  faults: CallbackFault[];
};

export type DemoSizes = {
  orders: number;
  /** Percent of the orders; together at most 100. */
  lost: number;
  doubled: number;
  tampered: number;
  probed: number;
};

/** The order of 2025-07-12, paid and never credited, because of which payguard exists. */
export const INCIDENT = {
  outTradeNo: 'RECHARGE_ORDER17522530522711786',
  transactionId: '4200002740202507127224774049',
};

/** The shop's recharge packages; the second is the incident's. */
const INCIDENT_PACKAGE = { amountTotal: 600, points: 600, bonusPoints: 60 };
const PACKAGES = [
  { amountTotal: 100, points: 100, bonusPoints: 0 },
  INCIDENT_PACKAGE,
  { amountTotal: 3_000, points: 3_000, bonusPoints: 400 },
  { amountTotal: 9_800, points: 9_800, bonusPoints: 1_800 },
];
/** Several orders for each user, so that credits meet on one balance. */
const ORDERS_PER_USER = 4;
/** A few hundred balances meet as often as more would, and keep the demo's own queries small. */
const MAX_USERS = 500;
const TAMPERED_PARTS = ['body', 'signature', 'tag'] as const;

export function countUsers(orders: number): number {
  return Math.min(Math.ceil(orders / ORDERS_PER_USER), MAX_USERS);
}

/**
 * Draws the orders from the seed: the same seed gives the same amounts, users and fates. The first is the incident's
 * unless it is left out; its callback is a lost one whenever any is. In the order in which they are to be paid.
 */
export function planOrders(options: {
  sizes: DemoSizes;
  seed: string;
  /** Makes the order numbers of this run its own. */
  run: string;
  withIncident: boolean;
}): PlannedOrder[] {
  const { sizes, seed, run, withIncident } = options;
  const users = countUsers(sizes.orders);
  const fates = drawFates(sizes, seed);
  const drawn = fates.map(({ fate, turn }, index): PlannedOrder => {
    const order = {
      outTradeNo: `RECHARGE_${run}_${String(index + 1).padStart(6, '0')}`,
      user: draw(seed, 'user', index) % users,
      fate,
      faults: faultsOf(fate, turn),
      ...(PACKAGES[draw(seed, 'package', index) % PACKAGES.length] ?? INCIDENT_PACKAGE),
    };
    return index === 0 && withIncident ? { ...order, ...INCIDENT, ...INCIDENT_PACKAGE } : order;
  });
  return shuffle(drawn, seed, 'payment');
}

type DrawnFate = { fate: Fate /** Counts the orders of this fate. */; turn: number };

/** Exact shares and not chances, so that what is printed is what was asked for. */
function drawFates(sizes: DemoSizes, seed: string): DrawnFate[] {
  const indexes = shuffle([...Array(sizes.orders).keys()], seed, 'fate').filter((index) => index !== 0);
  // The lost ones come first: the incident's order is among them, or else among the plain ones at the end.
  if (sizes.lost > 0) indexes.unshift(0);
  else indexes.push(0);
  const fates: DrawnFate[] = Array.from({ length: sizes.orders }, (_, turn) => ({ fate: 'plain', turn }));
  let from = 0;
  for (const fate of ['lost', 'doubled', 'tampered', 'probed'] as const) {
    const count = Math.round((sizes.orders * sizes[fate]) / 100);
    indexes.slice(from, from + count).forEach((index, turn) => {
      fates[index] = { fate, turn };
    });
    from += count;
  }
  return fates;
}

function faultsOf(fate: Fate, turn: number): CallbackFault[] {
  switch (fate) {
    case 'plain':
      return [];
    case 'lost':
      return [{ kind: 'lost' }];
    case 'doubled':
      return [{ kind: turn % 2 === 0 ? 'doubled' : 'doubled_at_once' }];
    case 'tampered':
      return [{ kind: 'tampered', part: TAMPERED_PARTS[turn % TAMPERED_PARTS.length] ?? 'body' }];
    case 'probed':
      return [{ kind: 'signtest' }];
  }
}

function shuffle<T>(items: readonly T[], seed: string, purpose: string): T[] {
  return items
    .map((item, index) => ({ item, rank: draw(seed, purpose, index) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** A 48-bit number that depends on its arguments only. */
function draw(seed: string, purpose: string, index: number): number {
  return createHash('sha256').update(`${seed}\n${purpose}\n${index}`).digest().readUIntBE(0, 6);
}
