/**
 * Characters that a robot's markdown would take for markup, and those that look alike and mean nothing. Neither robot
 * documents an escape, and an escape that is not understood would stand in the text.
 */
const LOOKALIKES: Readonly<Record<string, string>> = {
  '<': '＜',
  '>': '＞',
  '[': '［',
  ']': '］',
  '*': '＊',
  '`': '｀',
  '~': '～',
  '\\': '＼',
  _: '＿',
  '#': '＃',
};
/** An underscore inside a word is no markup, and order numbers have them: they stay as they are, to be copied. */
const MARKUP = /[<>[\]*`~\\]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|^#/g;

/** Text that a robot shows as it is. */
export function neutraliseMarkdown(text: string): string {
  return text.replaceAll(MARKUP, (character) => LOOKALIKES[character] ?? character);
}
