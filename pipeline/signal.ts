// The four OpenTelemetry signals and the words used for their items.

import type { OtlpSignal } from '../proto/otlp/signals.ts';

/** A kind of telemetry; a pipeline carries exactly one. */
export type Signal = OtlpSignal;

export const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs', 'profiles'];

/** What one item of a signal is called in metric names, as the collector names them. */
export const ITEM_NAME: Readonly<Record<Signal, string>> = {
  traces: 'spans',
  metrics: 'metric_points',
  logs: 'log_records',
  profiles: 'profile_samples',
};

/** How settled a component is for a signal, in the collector's words. */
export type Stability = 'development' | 'alpha' | 'beta' | 'stable' | 'deprecated' | 'unmaintained';
