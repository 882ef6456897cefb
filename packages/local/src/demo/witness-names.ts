const IN_CHINESE: Readonly<Record<string, string>> = { callback: '回调到账', query: '主动查询到账' };

/** How a table calls the orders that a witness brought in. */
export function witnessName(witness: string): { english: string; chinese: string } {
  return { english: `  by ${witness}`, chinese: IN_CHINESE[witness] ?? '' };
}
