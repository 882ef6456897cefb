/**
 * The error codes of facts §3.1 with their statuses, the usual one first. Some the simulator also gives by itself; as a
 * fault each can come at any call.
 */
export const API_ERROR_STATUSES = {
  PARAM_ERROR: [400],
  INVALID_REQUEST: [400],
  APPID_MCHID_NOT_MATCH: [400],
  MCH_NOT_EXISTS: [400, 404],
  ORDER_CLOSED: [400],
  ORDER_PAID: [400],
  NO_STATEMENT_EXIST: [400],
  STATEMENT_CREATING: [400],
  SIGN_ERROR: [401],
  NO_AUTH: [403],
  RULE_LIMIT: [403],
  TRADE_ERROR: [403],
  OUT_TRADE_NO_USED: [403],
  NOT_ENOUGH: [403],
  USER_ACCOUNT_ABNORMAL: [403],
  ORDER_NOT_EXIST: [404],
  RESOURCE_NOT_EXISTS: [404],
  // Which of the three a 429 carries differs between WeChat Pay's pages.
  FREQUENCY_LIMITED: [429],
  RATELIMIT_EXCEEDED: [429],
  RATE_LIMITED: [429],
  SYSTEM_ERROR: [500],
  SERVICE_UNAVAILABLE: [503, 502],
} as const satisfies Record<string, readonly [number, ...number[]]>;

export type InjectedErrorCode = keyof typeof API_ERROR_STATUSES;

export const INJECTED_ERROR_CODES: readonly InjectedErrorCode[] = Object.keys(API_ERROR_STATUSES).filter(isErrorCode);

export function usualStatusOf(code: InjectedErrorCode): number {
  return API_ERROR_STATUSES[code][0];
}

export function isStatusOf(code: InjectedErrorCode, status: number): boolean {
  const statuses: readonly number[] = API_ERROR_STATUSES[code];
  return statuses.includes(status);
}

function isErrorCode(text: string): text is InjectedErrorCode {
  return text in API_ERROR_STATUSES;
}
