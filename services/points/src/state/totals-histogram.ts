import { Histogram, type HistogramConfiguration } from 'prom-client';

/** Observations that were made elsewhere. */
export type TotalsSeries = {
  labels: Readonly<Record<string, string>>;
  /** How many fell at or below each upper bound and above the one before; Infinity: above all. */
  counts: Map<number, number>;
  sum: number;
};

type Values = Awaited<ReturnType<Histogram['get']>>;

/** A histogram that shows totals instead of what it observes: prom-client's own can only be added to. */
export class TotalsHistogram extends Histogram {
  readonly #config: HistogramConfiguration<string>;
  /** Name, help and type as prom-client writes them; it observes nothing. */
  readonly #heading: Histogram;
  #series: readonly TotalsSeries[] = [];

  constructor(config: HistogramConfiguration<string>) {
    super(config);
    this.#config = config;
    this.#heading = new Histogram({ ...config, registers: [] });
  }

  show(series: readonly TotalsSeries[]): void {
    this.#series = series;
  }

  override async get(): Promise<Values> {
    const values = this.#series.flatMap((series) => this.#valuesOf(series));
    return { ...(await this.#heading.get()), values };
  }

  /** What the registry writes /metrics from; unlike get() not in prom-client's types. */
  getForPromString(): Promise<Values> {
    return this.get();
  }

  #valuesOf({ labels, counts, sum }: TotalsSeries): Values['values'] {
    const { name, buckets = [] } = this.#config;
    // An earlier release may have had other bounds: what it counted stands in the next higher one of ours.
    const upTo = (limit: number) =>
      [...counts].reduce((all, [bound, count]) => (bound <= limit ? all + count : all), 0);
    const all = upTo(Number.POSITIVE_INFINITY);
    return [
      ...buckets.map((le) => ({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: upTo(le) })),
      { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: all },
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: all },
    ];
  }
}
