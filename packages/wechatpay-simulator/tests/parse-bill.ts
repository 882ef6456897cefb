/** A trade bill as a careful merchant reads it: by header name, amounts as whole fen. Knows nothing of the simulator. */
export interface ParsedBill {
  readonly columns: readonly string[];
  readonly rows: ReadonlyArray<Readonly<Record<string, string>>>;
  readonly summaryColumns: readonly string[];
  readonly summary: Readonly<Record<string, string>>;
}

/** Throws when the bytes are not a whole bill: UTF-8 with BOM, CRLF, a backtick before every value. */
export function parseBill(bytes: Uint8Array): ParsedBill {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  if (!text.startsWith('\uFEFF')) throw new Error('the bill has no BOM');
  if (!text.endsWith('\r\n')) throw new Error('the bill does not end with CRLF');
  return parseBillText(text.slice(1), '\r\n');
}

/** The same for a sample that lost its BOM and line ends in somebody's source file. */
export function parseBillText(text: string, lineEnd: string): ParsedBill {
  const lines = text.split(lineEnd).filter((line) => line !== '');
  const summaryAt = lines.findIndex((line) => line.startsWith('总交易单数'));
  if (summaryAt !== lines.length - 2) throw new Error('the bill does not end with a summary');
  const columns = (lines[0] ?? '').split(',');
  const summaryColumns = (lines[summaryAt] ?? '').split(',');
  return {
    columns,
    rows: lines.slice(1, summaryAt).map((line) => parseValues(line, columns)),
    summaryColumns,
    summary: parseValues(lines[summaryAt + 1] ?? '', summaryColumns),
  };
}

function parseValues(line: string, columns: readonly string[]): Record<string, string> {
  const values = line.split(',');
  if (values.length !== columns.length) throw new Error(`a line has ${values.length} values, not ${columns.length}`);
  return Object.fromEntries(values.map((value, index) => [columns[index] ?? '', withoutBacktick(value)]));
}

function withoutBacktick(value: string): string {
  if (!value.startsWith('`')) throw new Error(`the value ${value} has no backtick`);
  return value.slice(1);
}

/** `6.00`, `0.5`, `48.0` and `-0.02000` as hundredths: fen, where it is yuan. Throws when there is more after them. */
export function hundredthsOf(decimal: string): bigint {
  const [, sign = '', whole = '', decimals = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  if (whole === '' || /[1-9]/.test(decimals.slice(2))) throw new Error(`${decimal} is no amount in whole fen`);
  return BigInt(`${sign}${whole}${decimals.slice(0, 2).padEnd(2, '0')}`);
}

const SUMMED_BY: Readonly<Record<string, string>> = {
  应结订单总金额: '应结订单金额',
  退款总金额: '退款金额',
  充值券退款总金额: '充值券退款金额',
  手续费总金额: '手续费',
  订单总金额: '订单金额',
  申请退款总金额: '申请退款金额',
};

/** What the summary should say, added up from the rows; a column the rows have not counts as 0. In hundredths. */
export function expectedSummary({ rows, summaryColumns }: ParsedBill): Record<string, bigint> {
  const sumOf = (column: string) => rows.reduce((sum, row) => sum + hundredthsOf(row[column] ?? '0'), 0n);
  return Object.fromEntries(
    summaryColumns.map((name) => {
      const column = SUMMED_BY[name];
      return [name, column === undefined ? BigInt(rows.length) * 100n : sumOf(column)];
    }),
  );
}

/** What the summary says, in hundredths. */
export function statedSummary({ summary }: ParsedBill): Record<string, bigint> {
  return Object.fromEntries(Object.entries(summary).map(([name, value]) => [name, hundredthsOf(value)]));
}
