/**
 * Puts a text into the clipboard; also over plain http, where browsers keep their clipboard API back.
 * @param {string} text
 */
export async function copyText(text) {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
