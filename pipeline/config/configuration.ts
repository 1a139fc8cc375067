// A configuration that has been read, merged and validated: what the engine is built from.

import type { Declaration } from '../component.ts';
import type { SourcePosition } from '../errors.ts';
import type { Signal } from '../signal.ts';
import type { ServiceTelemetrySettings } from './service-telemetry.ts';

/** One component section, decoded by its declaration's schema. */
export interface ConfiguredComponent {
  /** `type/name` with the type in its canonical spelling. */
  readonly id: string;
  readonly type: string;
  readonly declaration: Declaration;
  /** The schema's output. */
  readonly config: unknown;
  /** The section as plain values before decoding: for comparing on reload and for printing. */
  readonly raw: unknown;
  readonly position: SourcePosition | undefined;
}

export interface PipelineConfig {
  readonly signal: Signal;
  /** Component ids; a connector may stand among receivers and exporters. */
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

export interface AgentConfiguration {
  readonly receivers: ReadonlyMap<string, ConfiguredComponent>;
  readonly processors: ReadonlyMap<string, ConfiguredComponent>;
  readonly exporters: ReadonlyMap<string, ConfiguredComponent>;
  readonly connectors: ReadonlyMap<string, ConfiguredComponent>;
  readonly extensions: ReadonlyMap<string, ConfiguredComponent>;
  readonly service: {
    /** Ids, in start order. */
    readonly extensions: readonly string[];
    /** By pipeline id, `traces/front`. */
    readonly pipelines: ReadonlyMap<string, PipelineConfig>;
    readonly telemetry: ServiceTelemetrySettings;
    /** How many copies of the stateless part of the pipelines run. */
    readonly workers: number;
    /** The section as plain values, for printing. */
    readonly raw: unknown;
  };
}
