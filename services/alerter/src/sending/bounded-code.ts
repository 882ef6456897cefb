/** What the robots' documentation knows; everything else that they could answer is `other`. */
const ROBOT_CODES = new Set([
  ...['-1', '45009', '93000', '130101', '310000', '300001', '300005', '400101', '400102', '410100'],
]);
/** Where no receiver has answered, or none that could be understood. */
const WORDS = new Set(['network', 'timeout', 'tls', 'malformed']);
const STATUS = /^(http|smtp)_([1-5])\d{2}$/;

/** A channel's code as the value of a label: however many codes there are, the label has some dozens of values. */
export function boundedCode(code: string): string {
  if (ROBOT_CODES.has(code) || WORDS.has(code)) return code;
  const [, protocol, digit] = STATUS.exec(code) ?? [];
  return protocol === undefined ? 'other' : `${protocol}_${digit}xx`;
}
