import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import type { LastNotice } from '../notices/last-notices.ts';
import type { NewNotice } from '../notices/notice.ts';
import { subjectText } from '../notices/notice.ts';

/** The alert that always fires: as long as it comes, Prometheus, Alertmanager and the way here work. */
export const WATCHDOG_ALERT = 'Watchdog';

type WatchdogSettings = NonNullable<AlertsFile['watchdog']>;

const TOPIC = 'watchdog';
export const WATCHDOG_SUBJECT = subjectText({ kind: 'alerter', topic: TOPIC, text: { zh: '', en: '' } });
const MINUTE_MS = 60_000;
/** It comes each minute (deploy/helm/payguard/files/alertmanager.yaml): what was down with it is back before the third. */
const START_MINUTES = 3;

export type WatchdogState = {
  /** ms UTC; null: never. */
  lastSeen: number | null;
  startedAt: number;
  /** What the channels were told last. */
  last: readonly LastNotice[];
};

/**
 * What is to be told of the Watchdog: its silence, once for each, and where that was told, its return. An episode has its
 * name from the last time it was seen before, which all pods and restarts agree on. Who has just started gives it the
 * time to come, and no more: a process that restarts again and again notices the silence, too.
 */
export function planWatchdogNotices(
  { lastSeen, startedAt, last }: WatchdogState,
  settings: WatchdogSettings,
  now: number,
): NewNotice[] {
  const minutes = settings.silentAfterMinutes;
  const isStarting = now - startedAt < Math.min(START_MINUTES, minutes) * MINUTE_MS;
  if (!isStarting && now - (lastSeen ?? startedAt) >= minutes * MINUTE_MS) {
    const key = `alerter:${TOPIC}:${lastSeen ?? 0}:silent`;
    return [...new Set(settings.to)].map((channel) => notice(channel, key, 'opened', silenceText(minutes), now));
  }
  if (lastSeen === null || now - lastSeen >= minutes * MINUTE_MS) return [];
  return last
    .filter(({ news }) => news === 'opened')
    .map(({ channel, dedupeKey }) => {
      const episode = dedupeKey.split(':')[2];
      return notice(channel, `alerter:${TOPIC}:${episode}:back`, 'ended', RETURN_TEXT, now);
    });
}

function notice(
  channel: string,
  dedupeKey: string,
  news: 'opened' | 'ended',
  text: Readonly<Record<'zh' | 'en', string>>,
  now: number,
): NewNotice {
  const severity = news === 'opened' ? 'critical' : 'info';
  const subject = { kind: 'alerter', topic: TOPIC, text } as const;
  return { channel, dedupeKey, subject, news, severity, dueAt: now, traceparent: undefined };
}

function silenceText(minutes: number) {
  return {
    zh: `已有 ${minutes} 分钟没有收到 Watchdog：Prometheus 或 Alertmanager 可能已停止，或者连不到告警服务。恢复之前不会再有指标告警，请检查这两个服务和它们的日志。`,
    en: `No Watchdog for ${minutes} minutes: Prometheus or Alertmanager has stopped, or does not reach the alerter. Until it is back no metric alerts anybody; look at both and their logs.`,
  };
}

const RETURN_TEXT = {
  zh: '又收到 Watchdog：Prometheus 和 Alertmanager 已恢复。',
  en: 'The Watchdog is back: Prometheus and Alertmanager work again.',
};
