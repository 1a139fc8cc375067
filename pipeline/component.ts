// The component contract: what a receiver, processor, exporter, connector or extension declares and does.

import type { z } from 'zod';
import type { Admission } from './admission.ts';
import type { Consumer } from './delivery.ts';
import type { DropLog, DropRecord } from './drops.ts';
import type { ListenerPool } from './listen.ts';
import type { Signal, Stability } from './signal.ts';
import type { ComponentSpans } from './spans.ts';
import type { ComponentLogger, ComponentMetrics } from './telemetry.ts';

export type ComponentKind = 'receiver' | 'processor' | 'exporter' | 'connector' | 'extension';

/** Component status, the collector's state machine. */
export type StatusName =
  | 'Starting'
  | 'OK'
  | 'RecoverableError'
  | 'PermanentError'
  | 'FatalError'
  | 'Stopping'
  | 'Stopped';

/** What the engine gives every component at creation. Everything a component needs from outside comes through here. */
export interface ComponentContext {
  /** `otlp/backend`: the type in its new spelling, and the name. */
  readonly id: string;
  readonly kind: ComponentKind;
  /** The pipeline (`traces/front`) for processors, which are created once per pipeline; undefined for the others. */
  readonly pipeline?: string;
  readonly log: ComponentLogger;
  readonly metrics: ComponentMetrics;
  /** Undefined while nobody takes the agent's own spans. */
  readonly spans?: ComponentSpans | undefined;
  readonly drops: DropLog;
  /** Bytes in flight and queued, for the whole agent. */
  readonly admission: Admission;
  /** Shared listening sockets that outlive a reload. */
  readonly listeners: ListenerPool;
  /** Milliseconds since the epoch. Somebody may set the clock, to and fro by any amount: good for dates only. */
  readonly now: () => number;
  /** Milliseconds since some moment, on a clock that nobody sets, the same in all threads: for how long something took, or is to take. */
  readonly steadyNow: () => number;
  /** Uniform in [0, 1). Seeded in tests. */
  readonly random: () => number;
  /** Report a change of health. The engine itself reports Starting, OK after start, Stopping and Stopped. */
  status(name: StatusName, reason?: string): void;
  /** A running extension by id (`basicauth/server`), e.g. an authenticator or storage; undefined when there is none. */
  extension(id: string): unknown;
}

/** What every component instance does. `start` and `stop` are called at most once each, `stop` also after a failed start. */
export interface Component {
  start(): Promise<void>;
  /** Finish what is in flight and release everything; when `deadline` aborts, give up the rest through `drops`. */
  stop(deadline: AbortSignal): Promise<void>;
  /** Called on a reload that leaves this component's configuration unchanged: read files again (certificates, tokens). */
  refresh?(): Promise<void>;
  /**
   * Called on exporters now and then while the agent stops, once no receiver runs: whoever still waits for `consume` has
   * gone without an acknowledgement. What was under way for them at the last call is to be refused; what was acknowledged,
   * and what came since, is to be delivered as before.
   */
  giveUpUnacknowledged?(): void;
}

/** Where a receiver or connector sends what it makes: one consumer per signal it is used for. */
export type Outputs = Readonly<Partial<Record<Signal, Consumer>>>;

export type Receiver = Component;
export type Extension = Component;
export type Exporter = Component & Consumer;
/** `consume` hands on to the consumer given at creation. Resolves as the next consumer's does. */
export type Processor = Component & Consumer;
export type Connector = Component & Consumer;

interface Declared<Kind extends ComponentKind, Schema extends z.ZodType> {
  readonly kind: Kind;
  /** The type name in its current spelling. */
  readonly type: string;
  /** Older spellings, accepted with a note in the log. */
  readonly aliases?: readonly string[];
  /** One sentence for the reference. */
  readonly summary: string;
  /** Types, defaults, units, descriptions and validation, all in one; unknown keys are refused (`z.strictObject`). */
  readonly config: Schema;
  /** An example for the reference, YAML of this component's section; validated in a test. */
  readonly example: string;
  /**
   * Whether every thread of `service.workers` may run its own copy: nothing of what it keeps has to be known as a whole.
   * Absent: it runs once, on the main thread.
   */
  runsInCopies?(config: z.output<Schema>): boolean;
}

export interface ReceiverDeclaration<Schema extends z.ZodType = z.ZodType> extends Declared<'receiver', Schema> {
  readonly signals: Readonly<Partial<Record<Signal, Stability>>>;
  /** One instance per id, shared by all pipelines that name it. */
  create(config: z.output<Schema>, context: ComponentContext, outputs: Outputs): Receiver;
}

export interface ProcessorDeclaration<Schema extends z.ZodType = z.ZodType> extends Declared<'processor', Schema> {
  readonly signals: Readonly<Partial<Record<Signal, Stability>>>;
  /** One instance per pipeline. */
  create(config: z.output<Schema>, context: ComponentContext, signal: Signal, next: Consumer): Processor;
}

export interface ExporterDeclaration<Schema extends z.ZodType = z.ZodType> extends Declared<'exporter', Schema> {
  readonly signals: Readonly<Partial<Record<Signal, Stability>>>;
  /** One instance per id; `consume` gets batches of all signals it declares. */
  create(config: z.output<Schema>, context: ComponentContext): Exporter;
}

export interface ConnectorDeclaration<Schema extends z.ZodType = z.ZodType> extends Declared<'connector', Schema> {
  /** From the signal it exports (key) to the signals it can produce. */
  readonly pairs: Readonly<Partial<Record<Signal, Readonly<Partial<Record<Signal, Stability>>>>>>;
  /**
   * One instance per id. `outputs` has, per produced signal, a consumer that fans out to every pipeline receiving from it;
   * `pipelines` addresses them one by one (`traces/errors`), for connectors that route.
   */
  create(
    config: z.output<Schema>,
    context: ComponentContext,
    outputs: Outputs,
    pipelines: ReadonlyMap<string, Consumer>,
  ): Connector;
}

export interface ExtensionDeclaration<Schema extends z.ZodType = z.ZodType> extends Declared<'extension', Schema> {
  readonly stability: Stability;
  create(config: z.output<Schema>, context: ExtensionContext): Extension;
}

/** Extensions also see the engine. */
export interface ExtensionContext extends ComponentContext {
  readonly engine: EngineView;
  /**
   * Memory of this many bytes that is the same in every thread, and again for the instance that a reload puts in this
   * one's place, while the size stays; zeroes at first.
   */
  sharedMemory(bytes: number): SharedArrayBuffer;
}

export type Declaration =
  | ReceiverDeclaration
  | ProcessorDeclaration
  | ExporterDeclaration
  | ConnectorDeclaration
  | ExtensionDeclaration;

/** A component's state as the health check and the admin page show it. */
export interface ComponentState {
  /** `receiver:otlp/front`, and for processors the pipeline they are in is in `pipeline`. */
  readonly component: string;
  readonly pipeline?: string;
  readonly status: StatusName;
  readonly reason?: string;
  readonly sinceUnixMs: number;
}

/** A pipeline as configured. */
export interface PipelineState {
  readonly id: string;
  readonly signal: Signal;
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

/** What extensions may ask of the engine. */
export interface EngineView {
  readonly startedUnixMs: number;
  readonly version: string;
  pipelines(): readonly PipelineState[];
  states(): readonly ComponentState[];
  /** Figures for the live view: queue sizes, in-flight bytes, items by component; name → value. */
  figures(): Promise<readonly Figure[]>;
  /** Recent drops, newest first; with a trace id (hex), those whose sample holds it. */
  drops(traceId?: string): Promise<readonly DropRecord[]>;
  /** Recent warnings and errors of the log, newest first. */
  recentErrors(): readonly LoggedError[];
  /** The effective configuration with secrets redacted, as YAML. */
  configuration(): string;
  /** Reads the configuration again and applies it whole or not at all. */
  reload(): Promise<ReloadResult>;
  /** The registry's text in the Prometheus format. */
  featureGates(): readonly FeatureGateState[];
  /** Called on every change of a component's state; returns how to stop that. */
  onState(listener: (state: ComponentState) => void): () => void;
}

export interface Figure {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface LoggedError {
  readonly timeUnixMs: number;
  readonly level: 'warn' | 'error';
  readonly component: string;
  readonly message: string;
}

export interface ReloadResult {
  readonly applied: boolean;
  /** What changed, or why nothing did. */
  readonly messages: readonly string[];
}

export interface FeatureGateState {
  readonly id: string;
  readonly enabled: boolean;
  readonly stage: 'alpha' | 'beta' | 'stable' | 'deprecated';
  readonly description: string;
}

// The define… functions only fix the type parameters; a declaration is a plain object.

export function defineReceiver<S extends z.ZodType>(
  declaration: Omit<ReceiverDeclaration<S>, 'kind'>,
): ReceiverDeclaration<S> {
  return { kind: 'receiver', ...declaration };
}

export function defineProcessor<S extends z.ZodType>(
  declaration: Omit<ProcessorDeclaration<S>, 'kind'>,
): ProcessorDeclaration<S> {
  return { kind: 'processor', ...declaration };
}

export function defineExporter<S extends z.ZodType>(
  declaration: Omit<ExporterDeclaration<S>, 'kind'>,
): ExporterDeclaration<S> {
  return { kind: 'exporter', ...declaration };
}

export function defineConnector<S extends z.ZodType>(
  declaration: Omit<ConnectorDeclaration<S>, 'kind'>,
): ConnectorDeclaration<S> {
  return { kind: 'connector', ...declaration };
}

export function defineExtension<S extends z.ZodType>(
  declaration: Omit<ExtensionDeclaration<S>, 'kind'>,
): ExtensionDeclaration<S> {
  return { kind: 'extension', ...declaration };
}
