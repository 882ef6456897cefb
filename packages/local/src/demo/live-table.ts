import type { WriteStream } from 'node:tty';
import type { Moment } from './follow-payments.ts';
import { formatRows } from './format-rows.ts';
import type { Fate } from './plan-orders.ts';
import { describeRecovery, recoveryByWitness } from './recovery.ts';
import { witnessName } from './witness-names.ts';

export type LiveTable = {
  show(moment: Moment): void;
  /** Shows the last moment for good. */
  end(): void;
};

const BAR_CELLS = 40;
/** Without a terminal a line now and then is progress enough. */
const LINE_EVERY_MS = 2_000;
const CURSOR_UP_AND_CLEAR = (lines: number) => `\x1b[${lines}A\x1b[0J`;

/** On a terminal a table that is redrawn in place; elsewhere a line every two seconds. */
export function openLiveTable(output: WriteStream, orders: number): LiveTable {
  const startedAt = performance.now();
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1);
  return output.isTTY ? redrawnTable(output, orders, seconds) : lines(output, orders, seconds);
}

function redrawnTable(output: WriteStream, orders: number, seconds: () => string): LiveTable {
  let drawn = 0;
  return {
    show(moment) {
      const table = drawTable(moment, orders, seconds());
      output.write(`${drawn === 0 ? '' : CURSOR_UP_AND_CLEAR(drawn)}${table.join('\n')}\n`);
      drawn = table.length;
    },
    end: () => undefined,
  };
}

function lines(output: WriteStream, orders: number, seconds: () => string): LiveTable {
  let nextAt = 0;
  let last: Moment | undefined;
  const write = (moment: Moment) => {
    const { paid, credits } = moment;
    const { p50, p99 } = describeRecovery(credits);
    const byWitness = Object.entries(recoveryByWitness(credits)).map(
      ([name, { credited }]) => `${credited} by ${name}`,
    );
    const parts = [
      `${seconds().padStart(6)} s`,
      `paid ${paid.length}/${orders}`,
      `credited ${credits.length}${byWitness.length === 0 ? '' : ` (${byWitness.join(', ')})`}`,
      `pending ${paid.length - credits.length}`,
      ...(credits.length === 0 ? [] : [`recovery p50 ${duration(p50)} p99 ${duration(p99)}`]),
      ...describeWait(moment, orders),
    ];
    output.write(`${parts.join('   ')}\n`);
    last = undefined;
  };
  return {
    show(moment) {
      last = moment;
      if (performance.now() < nextAt) return;
      nextAt = performance.now() + LINE_EVERY_MS;
      write(moment);
    },
    end() {
      if (last !== undefined) write(last);
    },
  };
}

/** Pure: the table of one moment. */
export function drawTable(moment: Moment, orders: number, seconds: string): string[] {
  const { paid, credits } = moment;
  const { p50, p99 } = describeRecovery(credits);
  const byWitness = recoveryByWitness(credits);
  const cameInBy = (witness: string) => ({
    ...witnessName(witness),
    value: String(byWitness[witness]?.credited ?? 0),
  });
  const fates = new Map<Fate, number>();
  for (const { fate } of paid) fates.set(fate, (fates.get(fate) ?? 0) + 1);
  const count = (fate: Fate) => String(fates.get(fate) ?? 0);
  const expected = orders === 0 ? 0 : credits.length / orders;
  const full = Math.round(expected * BAR_CELLS);
  const percent = `${Math.floor(expected * 100)} %`.padStart(5);
  return [
    `  ${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} ${percent} credited  ${seconds.padStart(6)} s`,
    ...formatRows([
      { english: 'paid at WeChat Pay', chinese: '已支付', value: String(paid.length) },
      { english: 'credited', chinese: '已到账', value: String(credits.length) },
      cameInBy('callback'),
      cameInBy('query'),
      { english: 'not credited yet', chinese: '待到账', value: String(paid.length - credits.length) },
      { english: 'callback lost', chinese: '回调丢失', value: count('lost') },
      { english: 'callback doubled', chinese: '回调重复', value: count('doubled') },
      { english: 'forged callback first', chinese: '先到伪造回调', value: count('tampered') },
      { english: 'SIGNTEST probe first', chinese: '先到验签探测', value: count('probed') },
      { english: 'recovery p50', chinese: '到账耗时中位数', value: duration(p50) },
      { english: 'recovery p99', chinese: '到账耗时 99 分位', value: duration(p99) },
    ]),
    ...describeWait(moment, orders).map((line) => `  ${line}`),
  ];
}

/** Seconds without a change look like a fault unless they are explained. */
function describeWait({ paid, credits, callbacksToCome }: Moment, orders: number): string[] {
  if (paid.length < orders) return [];
  if (credits.length < orders) return [`${orders - credits.length} left for the poll to ask WeChat Pay about`];
  if (callbacksToCome === 0) return [];
  return [`${callbacksToCome} callbacks still come again, 15 s after a refused one`];
}

export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
