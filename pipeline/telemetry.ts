// What components use to speak about themselves: a logger and the collector's standard metrics.

import type { Signal } from './signal.ts';

/** A child logger of pino's shape: a constant sentence, variables as fields. */
export interface ComponentLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A counter with its labels already bound: the hot path only adds. */
export interface BoundCounter {
  add(value: number): void;
}

export interface BoundHistogram {
  record(value: number): void;
}

/** The level from which a metric is emitted, as in `service.telemetry.metrics.level`. */
export type MetricLevel = 'basic' | 'normal' | 'detailed';

export interface MetricOptions {
  /** The name as the collector's Prometheus endpoint shows it, without `_total`, e.g. `otelcol_receiver_accepted_spans`. */
  readonly name: string;
  readonly help: string;
  /** UCUM, as OpenTelemetry writes units: `s`, `By`, `{span}`. */
  readonly unit?: string;
  /** Labels besides the component's own (`receiver`, `processor`, `exporter`: the id), fixed at binding. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Default basic. */
  readonly level?: MetricLevel;
}

/**
 * Metrics of one component. Binding the same name and labels twice gives the same series. All series a component bound
 * disappear when it is stopped for good by a reload.
 */
export interface ComponentMetrics {
  counter(options: MetricOptions): BoundCounter;
  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): BoundHistogram;
  /** A gauge whose value is asked for when somebody looks. */
  gauge(options: MetricOptions, read: () => number): void;
  /** The receiver's accepted/refused/failed counters for a signal and transport (`grpc`, `http`). */
  receiver(signal: Signal, transport: string): ReceiverCounters;
}

export interface ReceiverCounters {
  readonly accepted: BoundCounter;
  /** Retryable refusals, by items. */
  readonly refused: BoundCounter;
  /** Permanent failures, by items. */
  readonly failed: BoundCounter;
}
