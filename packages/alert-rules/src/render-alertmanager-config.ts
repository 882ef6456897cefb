import { ConfigError } from '@payguard/shared/config/config-error';
import { readChartAlerts } from './alert-values.ts';
import { readChartFile } from './chart-files.ts';
import { fillPlaceholders } from './fill-placeholders.ts';

export type AlertmanagerOptions = {
  /** Of the alerter's POST /v1/alertmanager. */
  alerterUrl: string;
  /** Path, as Alertmanager sees it, of the file with the bearer token that the alerter expects. */
  tokenFile: string;
  /** Unset: the chart's. */
  groupWaitSeconds?: number | undefined;
  /** Unset: the chart's. */
  groupIntervalSeconds?: number | undefined;
};

/** Alertmanager's configuration: that of the chart. Throws ConfigError for an address or path that YAML cannot quote. */
export function renderAlertmanagerConfig(options: AlertmanagerOptions): string {
  const { groupWait, groupInterval, repeatInterval } = readChartAlerts().alertmanager;
  return fillPlaceholders(readChartFile('files/alertmanager.yaml'), {
    alerterUrl: quotable('alerterUrl', options.alerterUrl),
    tokenFile: quotable('tokenFile', options.tokenFile),
    groupWait: inSeconds(options.groupWaitSeconds) ?? groupWait,
    groupInterval: inSeconds(options.groupIntervalSeconds) ?? groupInterval,
    repeatInterval,
  });
}

function quotable(field: string, text: string): string {
  if (/^[^"\\\n\r]+$/.test(text)) return text;
  throw new ConfigError(
    `${field} of Alertmanager must not be empty, nor hold quotation marks, backslashes or line ends.`,
  );
}

function inSeconds(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : `${seconds}s`;
}
