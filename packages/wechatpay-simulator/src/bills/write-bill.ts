import { type BillColumn, type BillType, COLUMNS, toFeeYuan, toYuan, writeCell } from './bill-columns.ts';
import type { BillLine } from './bill-line.ts';

const BOM = '\uFEFF';
const LINE_END = '\r\n';
/** Lines put into bytes at once: a long text of Chinese takes twice its file's size in memory. */
const LINES_AT_ONCE = 2_000;

/**
 * A summary's columns after the count of lines, and the column each adds up (format-trade.html). That page gives SUCCESS
 * bills three of them, a real one (WxJava's sample) has all six; here they have six.
 */
const SUMMARY: Readonly<Record<string, BillColumn>> = {
  应结订单总金额: '应结订单金额',
  退款总金额: '退款金额',
  充值券退款总金额: '充值券退款金额',
  手续费总金额: '手续费',
  订单总金额: '订单金额',
  申请退款总金额: '申请退款金额',
};
const COUNT_COLUMN = '总交易单数';

/**
 * The file of a bill: header, lines, summary header, summary; UTF-8 with BOM, CRLF, a backtick before every value (the
 * sample of wechatpay-php, byte for byte). The summary is that of the lines as they stand in the file.
 */
export function writeBill(type: BillType, lines: readonly BillLine[]): Buffer {
  const columns = COLUMNS[type];
  const chunks = [toBytes(BOM, columns.join(','), LINE_END)];
  for (let start = 0; start < lines.length; start += LINES_AT_ONCE) {
    const texts = lines.slice(start, start + LINES_AT_ONCE).map((line) => writeLine(line, columns) + LINE_END);
    chunks.push(toBytes(...texts));
  }
  const summaryHeader = [COUNT_COLUMN, ...Object.keys(SUMMARY)].join(',');
  chunks.push(toBytes(summaryHeader, LINE_END, writeValues(summaryOf(lines)), LINE_END));
  return Buffer.concat(chunks);
}

function toBytes(...texts: string[]): Buffer {
  return Buffer.from(texts.join(''), 'utf8');
}

function writeLine(line: BillLine, columns: readonly BillColumn[]): string {
  return writeValues(columns.map((column) => writeCell(line, column)));
}

function writeValues(values: readonly string[]): string {
  return `\`${values.join(',`')}`;
}

function summaryOf(lines: readonly BillLine[]): readonly string[] {
  const sums = Object.values(SUMMARY).map((column) => {
    const fen = lines.reduce((sum, line) => sum + parseFen(writeCell(line, column)), 0n);
    return column === '手续费' ? toFeeYuan(fen) : toYuan(fen);
  });
  return [String(lines.length), ...sums];
}

/** Whole fen of a cell of yuan; the decimals after the second are 0 (see fee.ts). */
function parseFen(yuan: string): bigint {
  const [whole = '', decimals = ''] = yuan.split('.');
  return BigInt(whole + decimals.slice(0, 2));
}
