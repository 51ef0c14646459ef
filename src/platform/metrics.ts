import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What one process tells Prometheus about itself; modules add their own to it. */
export interface Metrics {
  /** Counts from zero up: `metrics.counter('charges', 'Charges made', ['outcome'])`. */
  counter(name: string, help: string, labels?: string[]): Counter
  /** How long or large things are. */
  histogram(name: string, help: string, labels?: string[], buckets?: number[]): Histogram
  /** A figure that is read when it is asked for. */
  gauge(name: string, help: string, read: () => number | Promise<number>): Gauge
  readonly contentType: string
  text(): Promise<string>
}

/** Names begin with `sluice_`; the process's own figures have their usual names. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  return {
    counter: (name, help, labelNames = []) =>
      new Counter({ name: `sluice_${name}`, help, labelNames, registers }),
    histogram: (name, help, labelNames = [], buckets) =>
      new Histogram({
        ...{ name: `sluice_${name}`, help, labelNames, registers },
        ...(buckets ? { buckets } : {}),
      }),
    gauge: (name, help, read) =>
      new Gauge({
        ...{ name: `sluice_${name}`, help, registers },
        async collect() {
          this.set(await read())
        },
      }),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}
