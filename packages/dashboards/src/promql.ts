/** A gauge of the system's state as the recording rules keep it: once, though every pod of points exports it. */
export function state(metric: string): string {
  const [, name = metric, labels = ''] = /^payguard_(\w+)(.*)$/.exec(metric) ?? [];
  return `payguard:${name}:max${labels}`;
}

/** The sum over what is not named, per second. */
export function rate(metric: string, ...by: readonly string[]): string {
  return `sum${byLabels(by)} (rate(${metric}[$__rate_interval]))`;
}

export function perMinute(metric: string, ...by: readonly string[]): string {
  return `60 * ${rate(metric, ...by)}`;
}

/** `metric` without `_bucket`; NaN where nothing was observed. */
export function quantile(q: number, metric: string, ...by: readonly string[]): string {
  return `histogram_quantile(${q}, ${rate(bucketsOf(metric), 'le', ...by)})`;
}

function bucketsOf(metric: string): string {
  const labels = metric.indexOf('{');
  return labels === -1 ? `${metric}_bucket` : `${metric.slice(0, labels)}_bucket${metric.slice(labels)}`;
}

/** Seconds since a time that a state gauge holds. */
export function ageOf(metric: string): string {
  return `time() - ${state(metric)}`;
}

/** For what has no series while all is well. */
export function orZero(expr: string): string {
  return `${expr} or vector(0)`;
}

function byLabels(by: readonly string[]): string {
  return by.length === 0 ? '' : ` by (${by.join(', ')})`;
}
