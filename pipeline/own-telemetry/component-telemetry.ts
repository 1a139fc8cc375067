// What components of one thread speak into: metrics and drops of their own, and loggers that carry their names.

import type { ComponentKind, Figure } from '../component.ts';
import type { Signal } from '../signal.ts';
import type { ComponentLogger } from '../telemetry.ts';
import { OwnedMetrics } from './component-metrics.ts';
import { RecentDrops, type RecentDropsOptions } from './drop-log.ts';
import {
  CounterSeries,
  GaugeSeries,
  HistogramSeries,
  MetricStore,
  type MetricViews,
  type TelemetryLevel,
} from './metric-store.ts';

/** Which component a logger is for. */
export interface Speaker {
  readonly kind: ComponentKind;
  readonly id: string;
  readonly pipeline?: string;
  readonly signal?: Signal;
}

/** Where log lines go: the agent's log, or the way from another thread to it. */
export interface LogSource {
  readonly root: ComponentLogger;
  child(fields: Readonly<Record<string, string>>): ComponentLogger;
}

export interface ComponentTelemetryOptions {
  readonly level: TelemetryLevel;
  readonly views?: MetricViews | undefined;
  readonly logs: LogSource;
  readonly now: () => number;
  readonly sampleTraceIds: RecentDropsOptions['sampleTraceIds'];
}

export class ComponentTelemetry {
  readonly store: MetricStore;
  readonly drops: RecentDrops;
  readonly #logs: LogSource;
  /** Instances of each component; with the last one go its drops' series. */
  readonly #instances = new Map<string, number>();

  constructor({ level, views, logs, now, sampleTraceIds }: ComponentTelemetryOptions) {
    this.#logs = logs;
    this.store = new MetricStore(level, views);
    this.drops = new RecentDrops({ store: this.store, log: logs.root, now, sampleTraceIds });
  }

  /** One per component instance; its `release` ends its series. */
  metricsFor(kind: ComponentKind, id: string): OwnedMetrics {
    const component = `${kind}:${id}`;
    this.#instances.set(component, (this.#instances.get(component) ?? 0) + 1);
    return new OwnedMetrics(this.store, kind, id, () => this.#onRelease(component));
  }

  loggerFor({ kind, id, pipeline, signal }: Speaker): ComponentLogger {
    return this.#logs.child({
      'otelcol.component.id': id,
      'otelcol.component.kind': kind,
      ...(pipeline === undefined ? {} : { 'otelcol.pipeline.id': pipeline }),
      ...(signal === undefined ? {} : { 'otelcol.signal': signal }),
    });
  }

  /** Every series with its present value (other threads' as of the last `store.gather`); histograms as sum and count. */
  figures(): readonly Figure[] {
    const figures: Figure[] = [];
    for (const { name, series } of this.store.families()) {
      for (const one of series.values()) {
        const { labels } = one;
        if (one instanceof HistogramSeries) {
          figures.push(
            { name: `${name}_sum`, labels, value: one.sum },
            { name: `${name}_count`, labels, value: one.count },
          );
        } else if (one instanceof CounterSeries) figures.push({ name, labels, value: one.value });
        else if (one instanceof GaugeSeries) figures.push({ name, labels, value: one.value() });
      }
    }
    return figures;
  }

  #onRelease(component: string): void {
    const left = (this.#instances.get(component) ?? 1) - 1;
    if (left > 0) this.#instances.set(component, left);
    else {
      this.#instances.delete(component);
      this.drops.forget(component);
    }
  }
}
