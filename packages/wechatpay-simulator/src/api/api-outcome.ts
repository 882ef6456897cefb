/** Error codes of APIv3 that the simulator gives, with their status (facts from page 4012081717 and the API pages). */
const STATUS_OF_CODE = {
  PARAM_ERROR: 400,
  INVALID_REQUEST: 400,
  APPID_MCHID_NOT_MATCH: 400,
  ORDER_CLOSED: 400,
  ORDER_PAID: 400,
  NO_STATEMENT_EXIST: 400,
  STATEMENT_CREATING: 400,
  SIGN_ERROR: 401,
  NO_AUTH: 403,
  OUT_TRADE_NO_USED: 403,
  RULE_LIMIT: 403,
  TRADE_ERROR: 403,
  ORDER_NOT_EXIST: 404,
  RESOURCE_NOT_EXISTS: 404,
  FREQUENCY_LIMITED: 429,
  SYSTEM_ERROR: 500,
} as const;

/** The number after the last `-` of a Request-ID, where it is known (wechatpay-skills 排障手册). */
const ERROR_NUMBERS: Partial<Record<ApiErrorCode, number>> = {
  ORDER_NOT_EXIST: 268512771,
  FREQUENCY_LIMITED: 268447840,
  SIGN_ERROR: 268443699,
};

export type ApiErrorCode = keyof typeof STATUS_OF_CODE;

export interface ApiFailure {
  readonly kind: 'failed';
  readonly code: ApiErrorCode;
  /** One sentence; the codes are WeChat Pay's, the wording is the simulator's. */
  readonly message: string;
  readonly detail?: object;
}

export type ApiOutcome =
  | { readonly kind: 'answered'; readonly status: 200 | 204; readonly body: string }
  /** A file: the one 2xx that WeChat Pay does not sign. */
  | { readonly kind: 'downloaded'; readonly contentType: string; readonly body: Buffer }
  | ApiFailure;

export const NO_CONTENT: ApiOutcome = { kind: 'answered', status: 204, body: '' };

export function answered(body: unknown): ApiOutcome {
  return { kind: 'answered', status: 200, body: JSON.stringify(body) };
}

export function failed(code: ApiErrorCode, message: string, detail?: object): ApiFailure {
  return { kind: 'failed', code, message, ...(detail === undefined ? {} : { detail }) };
}

/** The JSON of an error answer: `code`, `message` and, where there is one, `detail` (facts §3.1). */
export function failureBody({ code, detail, message }: ApiFailure): string {
  return JSON.stringify({ code, detail, message });
}

export function statusOf(code: ApiErrorCode): number {
  return STATUS_OF_CODE[code];
}

export function errorNumberOf(code: ApiErrorCode): number {
  return ERROR_NUMBERS[code] ?? 0;
}
