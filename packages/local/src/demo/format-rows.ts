/** A name in both languages, its value, and a remark. */
export type Row = { english: string; chinese: string; value: string; remark?: string };

/** Rows as columns that line up in a terminal, where a Chinese character is as wide as two Latin ones. */
export function formatRows(rows: readonly Row[]): string[] {
  const english = widest(rows.map((row) => row.english));
  const chinese = widest(rows.map((row) => row.chinese));
  const value = widest(rows.map((row) => row.value));
  return rows.map((row) => {
    const columns = [
      padEnd(row.english, english),
      padEnd(row.chinese, chinese),
      ' '.repeat(value - displayWidth(row.value)) + row.value,
      row.remark ?? '',
    ];
    return `  ${columns.join('  ').trimEnd()}`;
  });
}

const WIDE = /[\p{Script=Han}\u3000-\u303f\uff00-\uff60]/gu;

/** Columns that the text takes in a terminal. */
export function displayWidth(text: string): number {
  return [...text].length + (text.match(WIDE)?.length ?? 0);
}

function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(displayWidth));
}
