import { z } from 'zod';
import { isTimeZone } from './shop-time.ts';

/** SHOP_TIME_ZONE of every process that reads or writes the shop's own times. */
export const shopTimeZoneVariable = z
  .string()
  .refine(isTimeZone, 'must be a time zone such as Asia/Shanghai')
  .default('Asia/Shanghai')
  .describe("Time zone of the shop's own DATETIME columns (payment_time, notify_time, created_at, updated_at)");
