// What components use to record the agent's own spans. It is there only while something takes them, so that without it
// a batch costs one branch.

import type { Signal } from './signal.ts';

/** A span as others see it: what W3C trace context carries. */
export interface SpanContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Bit 0: sampled. Bit 1: the trace id is random. */
  readonly traceFlags: number;
  /** The `tracestate` header as it came. */
  readonly traceState?: string;
  /** It came over the wire. */
  readonly isRemote?: boolean;
}

export const SAMPLED = 1;

export type SpanKind = 'internal' | 'server' | 'client';
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A span under way. Where the sampler passed it over it only has its context. Nothing that comes after its end counts. */
export interface Span {
  readonly context: SpanContext;
  set(attributes: SpanAttributes): void;
  event(name: string, attributes?: SpanAttributes): void;
  /** `error` makes the span a failed one. */
  end(error?: string): void;
}

export interface SpanStart {
  /** Default internal. */
  readonly kind?: SpanKind;
  readonly parent?: SpanContext | undefined;
  readonly links?: readonly SpanContext[] | undefined;
  readonly attributes?: SpanAttributes;
}

/** Starts spans of one instrumentation scope. */
export interface SpanSource {
  start(name: string, start?: SpanStart): Span;
}

/** The agent's tracer as one component sees it. */
export interface ComponentSpans {
  /** `name` and `version` are the scope's; its attributes say which component speaks, and of what signal. */
  source(scope: { readonly name: string; readonly version?: string; readonly signal?: Signal }): SpanSource;
  /** Whose work a request is, as its headers say in a form of `service::telemetry::traces::propagators`. */
  extract(headers: Readonly<Record<string, string | readonly string[] | undefined>>): SpanContext | undefined;
  /** Headers that tell a destination of `span`. */
  inject(span: SpanContext): Readonly<Record<string, string>>;
}
