// A component's metrics as plain numbers: thousands of simulations a second have no use for a registry each.

import type { BoundCounter, BoundHistogram, ComponentMetrics, MetricOptions } from '../../pipeline/telemetry.ts';

export class SimulatedMetrics implements ComponentMetrics {
  readonly #counters = new Map<string, number>();
  readonly #gauges = new Map<string, () => number>();

  counter({ name }: MetricOptions): BoundCounter {
    return { add: (value) => this.#counters.set(name, (this.#counters.get(name) ?? 0) + value) };
  }

  histogram(): BoundHistogram {
    return { record: () => undefined };
  }

  gauge({ name }: MetricOptions, read: () => number): void {
    this.#gauges.set(name, read);
  }

  receiver(): never {
    throw new Error('nothing that is simulated receives');
  }

  gaugeOf(name: string): number {
    return this.#gauges.get(name)?.() ?? 0;
  }

  /** Of all counters whose names begin so. */
  sumOf(prefix: string): number {
    let sum = 0;
    for (const [name, value] of this.#counters) if (name.startsWith(prefix)) sum += value;
    return sum;
  }
}
