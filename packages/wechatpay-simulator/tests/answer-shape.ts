/** What each field of an answer looks like, whoever wrote it: ours and the published ones must both fit. */
const FORMATS: Readonly<Record<string, RegExp>> = {
  appid: /^wx\w{16}$/,
  mchid: /^\d{7}[\dX]{3}$/,
  out_trade_no: /^[\w\-|*]{6,32}$/,
  transaction_id: /^\d{28}$/,
  trade_type: /^(NATIVE|JSAPI|APP|MWEB|MICROPAY)$/,
  trade_state: /^[A-Z]+$/,
  trade_state_desc: /^\p{Script=Han}+$/u,
  bank_type: /^[A-Z_]+$/,
  attach: /^.{0,128}$/,
  openid: /^o[\w-]{27}$/,
  currency: /^CNY$/,
  payer_currency: /^CNY$/,
  device_id: /^\w{0,32}$/,
  coupon_id: /^\d+$/,
  stock_id: /^\d+$/,
  name: /^.{1,64}$/,
  scope: /^(GLOBAL|SINGLE)$/,
  type: /^(CASH|NOCASH|COUPON|DISCOUNT)$/,
  promotion_id: /^\d+$/,
  refund_id: /^\d{29}$/,
  out_refund_no: /^[\w\-|*@]{1,64}$/,
  channel: /^ORIGINAL$/,
  user_received_account: /^[\p{Script=Han}\d]+$/u,
  status: /^(PROCESSING|SUCCESS|ABNORMAL|CLOSED)$/,
  refund_status: /^(SUCCESS|ABNORMAL|CLOSED)$/,
  funds_account: /^[A-Z]+$/,
  success_time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/,
  create_time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/,
  code_url: /^weixin:\/\/wxpay\/bizpayurl(\/up)?\?pr=\w{7,9}(&groupid=\d\d)?$/,
  code: /^[A-Z_]+$/,
  message: /^.+$/,
  field: /^signature$/,
  location: /^authorization$/,
  issue: /^sign not match$/,
  method: /^(GET|POST)$/,
  url: /^\/v3\/\S+$/,
  truncated_sign_message: /^(GET|POST)\n\/v3\/\S+\n\d{10}\n\w{32}\n.{0,8}\n$/,
};

/**
 * Every field of an answer by its path, as `amount.total: integer`; elements of a list share the path `list[]`. A text that
 * fits its format is `text`; one that does not, or has none, is told with its value.
 */
export function shapeOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) {
    const elements = value.flatMap((element) => shapeOf(element, `${path}[]`));
    return [...new Set([`${path}: list`, ...elements])];
  }
  if (typeof value === 'object' && value !== null) {
    const prefix = path === '' ? '' : `${path}.`;
    const fields = Object.entries(value).flatMap(([name, inner]) => shapeOf(inner, prefix + name));
    return fields.sort();
  }
  if (Number.isInteger(value)) return [`${path}: integer`];
  return [`${path}: ${textOf(path, value)}`];
}

function textOf(path: string, value: unknown): string {
  const format = FORMATS[path.split('.').at(-1) ?? ''];
  const fits = typeof value === 'string' && format?.test(value) === true;
  return fits ? 'text' : `${JSON.stringify(value)}, which does not fit ${format ?? 'any format'}`;
}
