import { MAX_ORDERS } from '../orders/order-book.ts';
import { deriveBytes, toFraction } from '../seeded-bytes.ts';
import { nameOfApiFault, needsAnswer } from './api-fault.ts';
import {
  type ApiCallFacts,
  type ApiFaultRule,
  type ApiFaultWish,
  apiFaultRuleSchema,
  fitsRule,
} from './api-fault-rule.ts';

/** Each is looked at for every call of the API. */
const MAX_RULES = 1_000;
/** Different calls whose repeats a rule tells apart; those beyond count as first ones. */
const MAX_TOLD_APART = MAX_ORDERS;

interface RuleState {
  rule: ApiFaultRule;
  /** How often each call has come, by operation and number. */
  readonly seen: Map<string, number>;
  /** Calls whose last answer was a probe: the next one is not. */
  readonly probed: Set<string>;
}

/** The rules by which calls of the API go wrong. The first one that fits a call and is drawn befalls it. */
export class ApiFaults {
  readonly #seed: string;
  readonly #states = new Map<string, RuleState>();
  #lastNumber = 0;

  readonly #onChange: () => void;

  /** `seed` is that of rules that bring none. */
  constructor(seed: string, onChange: () => void) {
    this.#seed = seed;
    this.#onChange = onChange;
  }

  get isEmpty(): boolean {
    return this.#states.size === 0;
  }

  list(): readonly ApiFaultRule[] {
    return [...this.#states.values()].map((state) => state.rule);
  }

  /** Undefined when there are as many rules as can be kept. Throws a ZodError for a wish that makes no sense. */
  add(wish: ApiFaultWish): ApiFaultRule | undefined {
    const { fromMs, untilMs, ...fields } = wish;
    const { operations, mchid, outTradeNo, rate, seed, times, effect, fault } = apiFaultRuleSchema.parse(fields);
    if (this.#states.size >= MAX_RULES) return undefined;
    this.#lastNumber += 1;
    const rule: ApiFaultRule = {
      id: `api-${this.#lastNumber}`,
      ...{ operations, mchid, outTradeNo, rate, times, fromMs, untilMs, fault },
      seed: seed ?? this.#seed,
      effect: effect ?? (needsAnswer(fault) ? 'after' : 'before'),
      applied: 0,
    };
    this.#put(rule);
    this.#onChange();
    return rule;
  }

  /** Puts back those that `list` gave before a restart. Which calls they had seen is forgotten. */
  restore(rules: readonly ApiFaultRule[]): void {
    for (const rule of rules) this.#put(rule);
    this.#lastNumber = Math.max(0, ...rules.map(({ id }) => Number(id.replace('api-', ''))));
  }

  /** False when there is none of this id. */
  remove(id: string): boolean {
    this.#onChange();
    return this.#states.delete(id);
  }

  /** The rule that befalls this call, counted as applied. Asked once for each call. */
  draw(call: ApiCallFacts): ApiFaultRule | undefined {
    for (const state of this.#states.values()) {
      const { rule } = state;
      const isSpent = rule.times !== undefined && rule.applied >= rule.times;
      if (isSpent || !fitsRule(rule, call) || !isDrawn(state, call)) continue;
      state.rule = { ...rule, applied: rule.applied + 1 };
      this.#onChange();
      return state.rule;
    }
    return undefined;
  }

  /** For a fault that turned out to have nothing to spoil: it has not befallen the call, nor probed it. */
  takeBack(drawn: ApiFaultRule, call: ApiCallFacts): void {
    const state = this.#states.get(drawn.id);
    if (state === undefined) return;
    state.rule = { ...state.rule, applied: state.rule.applied - 1 };
    state.probed.delete(keyOf(call));
    this.#onChange();
  }

  #put(rule: ApiFaultRule): void {
    this.#states.set(rule.id, { rule, seen: new Map(), probed: new Set() });
  }

  clear(): void {
    this.#states.clear();
    this.#lastNumber = 0;
  }
}

/** Depends on the seed, the call and how often it has come, so that a run that repeats its calls repeats its faults. */
function isDrawn({ rule, seen, probed }: RuleState, call: ApiCallFacts): boolean {
  const key = keyOf(call);
  if (rule.rate < 1 && !isBelowRate(rule, key, countOnce(seen, key))) return false;
  if (rule.fault.kind !== 'signtest') return true;
  if (probed.delete(key) || probed.size >= MAX_TOLD_APART) return false;
  probed.add(key);
  return true;
}

function keyOf({ operation, mchid, outTradeNo, outRefundNo }: ApiCallFacts): string {
  return [operation, mchid, outRefundNo ?? outTradeNo ?? ''].join(' ');
}

function isBelowRate(rule: ApiFaultRule, key: string, occurrence: number): boolean {
  const bytes = deriveBytes(rule.seed, 'api-fault', nameOfApiFault(rule.fault), key, String(occurrence));
  return toFraction(bytes) < rule.rate;
}

function countOnce(seen: Map<string, number>, key: string): number {
  const occurrence = (seen.get(key) ?? 0) + 1;
  if (occurrence > 1 || seen.size < MAX_TOLD_APART) seen.set(key, occurrence);
  return occurrence;
}
