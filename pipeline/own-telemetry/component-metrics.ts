// The metrics a component gets: its own label added to each series, and the receivers' standard counters.

import type { ComponentKind } from '../component.ts';
import { ITEM_NAME, type Signal } from '../signal.ts';
import type { BoundCounter, BoundHistogram, ComponentMetrics, MetricOptions, ReceiverCounters } from '../telemetry.ts';
import type { Labels, MetricStore } from './metric-store.ts';

const UNIT: Readonly<Record<Signal, string>> = {
  traces: '{span}',
  metrics: '{datapoint}',
  logs: '{record}',
  profiles: '{sample}',
};

export class OwnedMetrics implements ComponentMetrics {
  readonly #store: MetricStore;
  readonly #own: Labels;
  readonly #onRelease: () => void;

  /** `kind` is also the label's name, as the collector has it: `receiver="otlp"`. */
  constructor(store: MetricStore, kind: ComponentKind, id: string, onRelease: () => void = () => undefined) {
    this.#store = store;
    this.#own = { [kind]: id };
    this.#onRelease = onRelease;
  }

  counter(options: MetricOptions): BoundCounter {
    return this.#store.counter(this, options, this.#labels(options));
  }

  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): BoundHistogram {
    return this.#store.histogram(this, options, this.#labels(options), options.buckets);
  }

  gauge(options: MetricOptions, read: () => number): void {
    this.#store.gauge(this, options, this.#labels(options), read);
  }

  receiver(signal: Signal, transport: string): ReceiverCounters {
    const items = ITEM_NAME[signal];
    const words = items.replaceAll('_', ' ');
    const unit = UNIT[signal];
    const labels = { transport };
    return {
      accepted: this.counter({
        name: `otelcol_receiver_accepted_${items}`,
        help: `Number of ${words} successfully pushed into the pipeline. [Alpha]`,
        unit,
        labels,
      }),
      refused: this.counter({
        name: `otelcol_receiver_refused_${items}`,
        help: `Number of ${words} that could not be pushed into the pipeline. [Alpha]`,
        unit,
        labels,
      }),
      failed: this.counter({
        name: `otelcol_receiver_failed_${items}`,
        help: `The number of ${words} that failed to be processed by the receiver due to internal errors. [Alpha]`,
        unit,
        labels,
      }),
    };
  }

  /** The component is gone for good: so are its series, unless a successor has bound them too. */
  release(): void {
    this.#store.release(this);
    this.#onRelease();
  }

  #labels(options: MetricOptions): Labels {
    return { ...this.#own, ...options.labels };
  }
}
