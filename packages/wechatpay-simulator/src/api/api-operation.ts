/** The calls of the merchant-facing API, by the names that faults and counts use. */
export const API_OPERATIONS = [
  'prepay_native',
  'prepay_jsapi',
  'prepay_app',
  'prepay_h5',
  'query_by_out_trade_no',
  'query_by_transaction_id',
  'close_order',
  'request_refund',
  'query_refund',
  'certificates',
  'trade_bill',
  'bill_download',
] as const;

export type ApiOperation = (typeof API_OPERATIONS)[number];
