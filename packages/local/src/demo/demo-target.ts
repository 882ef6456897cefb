import type { RunJson } from '../system/run-file.ts';

/** What the demo must know of the system that it plays against, on this machine or in a cluster. */
export type DemoTarget = {
  simulator: Pick<RunJson['simulator'], 'url' | 'controlUrl'>;
  /** As WeChat Pay's side reaches it. */
  gateway: Pick<RunJson['gateway'], 'callbackUrl'>;
  database: RunJson['database'];
  merchantsFile: string;
  merchant: Pick<RunJson['merchant'], 'mchid' | 'appid'>;
};
