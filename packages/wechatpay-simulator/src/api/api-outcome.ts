/** Error codes of APIv3 that the simulator gives, with their status (facts from page 4012081717 and the API pages). */
const STATUS_OF_CODE = {
  PARAM_ERROR: 400,
  APPID_MCHID_NOT_MATCH: 400,
  SIGN_ERROR: 401,
  OUT_TRADE_NO_USED: 403,
  ORDER_NOT_EXIST: 404,
  SYSTEM_ERROR: 500,
} as const;

/** The number after the last `-` of a Request-ID, where it is known (wechatpay-skills 排障手册). */
const ERROR_NUMBERS: Partial<Record<ApiErrorCode, number>> = { ORDER_NOT_EXIST: 268512771, SIGN_ERROR: 268443699 };

export type ApiErrorCode = keyof typeof STATUS_OF_CODE;

export interface ApiFailure {
  readonly kind: 'failed';
  readonly code: ApiErrorCode;
  /** One sentence; the codes are WeChat Pay's, the wording is the simulator's. */
  readonly message: string;
}

export type ApiOutcome = { readonly kind: 'answered'; readonly status: 200 | 204; readonly body: string } | ApiFailure;

export function answered(body: unknown): ApiOutcome {
  return { kind: 'answered', status: 200, body: JSON.stringify(body) };
}

export function failed(code: ApiErrorCode, message: string): ApiFailure {
  return { kind: 'failed', code, message };
}

export function statusOf(code: ApiErrorCode): number {
  return STATUS_OF_CODE[code];
}

export function errorNumberOf(code: ApiErrorCode): number {
  return ERROR_NUMBERS[code] ?? 0;
}
