import { readFileSync, statSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import { BadInput } from '../command.ts';

/** All answers are held in memory at once, and asking for more would take an hour of the operators' budget. */
const MAX_ORDERS = 10_000;
/** Room for many more columns than the one that is read. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** What WeChat Pay takes (6-32), and shops before payguard (64). Catches 1.75E+16, as spreadsheets write numbers. */
const ORDER_NUMBER = /^[0-9A-Za-z_\-|*]{1,64}$/;
const HEADERS = ['out_trade_no', 'order_no'];

/**
 * The order numbers of a CSV file, each once: the column headed out_trade_no or order_no, or the only column there is.
 * Whatever else stands in the file is not read. Throws BadInput naming the line.
 */
export function readOrderFile(path: string): string[] {
  let text: string;
  try {
    if (statSync(path).size > MAX_FILE_BYTES) {
      throw new BadInput(`${path} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB: keep the order numbers only.`);
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof BadInput) throw error;
    throw new BadInput(`${path} cannot be read (${error instanceof Error ? error.message : String(error)}).`);
  }
  return parseOrderNumbers(text, path);
}

/** Pure part of `readOrderFile`; `name` is for messages. */
export function parseOrderNumbers(text: string, name: string): string[] {
  const [first, ...others] = parseCsv(text, name);
  if (first === undefined) throw new BadInput(`${name} is empty: put one order number on each line.`);
  const column = findColumn(first.cells);
  if (column === undefined && [first, ...others].some(({ cells }) => cells.length > 1)) {
    throw new BadInput(`${name} has several columns and no header ${HEADERS.join(' or ')}: add the header line.`);
  }
  const lines = column === undefined ? [first, ...others] : others;
  const numbers = lines.map(({ cells, line }) => checkNumber(cells[column ?? 0] ?? '', `${name} line ${line}`));
  return checkCount([...new Set(numbers)], name);
}

/** The number given by --order. */
export function checkNumber(text: string, where: string): string {
  const number = text.trim();
  if (ORDER_NUMBER.test(number)) return number;
  throw new BadInput(`${where}: "${number}" is no order number: letters, digits and _ - | * only, 64 at most.`);
}

function checkCount(numbers: string[], name: string): string[] {
  if (numbers.length === 0) throw new BadInput(`${name} holds no order number: put one on each line.`);
  if (numbers.length <= MAX_ORDERS) return numbers;
  throw new BadInput(`${name} holds ${numbers.length} orders: split it into files of at most ${MAX_ORDERS}.`);
}

type Line = { cells: string[]; line: number };

function parseCsv(text: string, name: string): Line[] {
  try {
    const lines: Line[] = [];
    const onRecord = (cells: string[], { lines: line }: { lines: number }) => {
      lines.push({ cells, line });
      return null;
    };
    parse(text, { bom: true, onRecord, relaxColumnCount: true, skipRecordsWithEmptyValues: true, trim: true });
    return lines;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new BadInput(`${name} cannot be read as CSV (${error.message}).`);
  }
}

function findColumn(header: readonly string[]): number | undefined {
  const names = header.map((cell) => cell.toLowerCase());
  const columns = HEADERS.map((wanted) => names.indexOf(wanted));
  return columns.find((column) => column >= 0);
}
