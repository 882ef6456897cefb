/** An answer takes at most as long as an advance of the clock, which waits for receivers. */
const ANSWER_TIMEOUT_MS = 120_000;

/** The control API refused; the message is its sentence. */
export class RefusedError extends Error {}
/** Nobody answered. */
export class ConnectionLostError extends Error {}

/**
 * Calls the control API. Throws RefusedError or ConnectionLostError.
 * @param {'GET' | 'POST' | 'PUT' | 'DELETE'} method
 * @param {string} path After `/control/v1`.
 * @param {unknown} [body]
 * @param {number} [timeoutMs]
 */
export function callControl(method, path, body, timeoutMs = ANSWER_TIMEOUT_MS) {
  return callServer(method, `/control/v1${path}`, body, timeoutMs);
}

/**
 * Calls this server and gives back what it answers, parsed. Throws RefusedError or ConnectionLostError.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {number} [timeoutMs]
 */
export async function callServer(method, path, body, timeoutMs = ANSWER_TIMEOUT_MS) {
  let answer;
  let text;
  try {
    answer = await fetch(path, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    text = await answer.text();
  } catch (error) {
    throw new ConnectionLostError(String(error));
  }
  if (answer.ok) return text === '' ? undefined : JSON.parse(text);
  throw new RefusedError(errorIn(text) ?? `HTTP ${answer.status}`);
}

/** @param {string} text */
function errorIn(text) {
  try {
    const { error } = JSON.parse(text);
    return typeof error === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
}
