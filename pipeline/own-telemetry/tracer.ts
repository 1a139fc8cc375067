// Records the agent's own spans. A span that has ended is a plain object, which may cross threads, and is handed to
// whoever exports it.

import type { ComponentKind } from '../component.ts';
import {
  SAMPLED,
  type ComponentSpans,
  type Span,
  type SpanAttributes,
  type SpanContext,
  type SpanKind,
  type SpanSource,
  type SpanStart,
} from '../spans.ts';
import type { Propagator } from './propagation.ts';
import type { Sampler } from './sampler.ts';

/** The SDKs' default limits; what is more is counted as dropped. */
const MAX_EVENTS = 128;
const MAX_LINKS = 128;

export interface SpanScope {
  readonly name: string;
  readonly version?: string;
  readonly attributes: SpanAttributes;
}

export interface SpanEvent {
  readonly name: string;
  readonly timeUnixMs: number;
  readonly attributes: SpanAttributes | undefined;
}

export interface EndedSpan {
  readonly scope: SpanScope;
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: SpanContext;
  readonly parent: SpanContext | undefined;
  readonly links: readonly SpanContext[];
  readonly droppedLinks: number;
  /** Milliseconds with fractions. */
  readonly startUnixMs: number;
  readonly endUnixMs: number;
  readonly attributes: SpanAttributes;
  readonly events: readonly SpanEvent[];
  readonly droppedEvents: number;
  readonly error: string | undefined;
}

export interface TracerOptions {
  readonly sampler: Sampler;
  readonly propagator: Propagator;
  /** Milliseconds since the epoch, with fractions. */
  readonly now: () => number;
  /** Random bytes as hexadecimal digits. */
  readonly randomHex: (bytes: number) => string;
  readonly take: (span: EndedSpan) => void;
}

export class Tracer {
  readonly #options: TracerOptions;

  constructor(options: TracerOptions) {
    this.#options = options;
  }

  /** The tracer as the component sees it; scopes carry the attributes the collector gives them. */
  forComponent(kind: ComponentKind, id: string): ComponentSpans {
    const { propagator } = this.#options;
    return {
      source: ({ signal, ...scope }) =>
        this.#source({
          ...scope,
          attributes: {
            'otelcol.component.id': id,
            'otelcol.component.kind': kind,
            ...(signal === undefined ? {} : { 'otelcol.signal': signal }),
          },
        }),
      extract: (headers) => propagator.extract(headers),
      inject: (span) => {
        const headers: Record<string, string> = {};
        propagator.inject(span, headers);
        return headers;
      },
    };
  }

  #source(scope: SpanScope): SpanSource {
    return { start: (name, start = {}) => this.#start(scope, name, start) };
  }

  #start(scope: SpanScope, name: string, start: SpanStart): Span {
    const { sampler, randomHex } = this.#options;
    const { parent } = start;
    const traceId = parent?.traceId ?? randomHex(16);
    const isSampled = sampler(traceId, parent);
    const context: SpanContext = {
      traceId,
      spanId: randomHex(8),
      traceFlags: ((parent?.traceFlags ?? 0) & ~SAMPLED) | (isSampled ? SAMPLED : 0),
      ...(parent?.traceState === undefined ? {} : { traceState: parent.traceState }),
    };
    return isSampled ? new RecordedSpan(this.#options, { scope, name, context, start }) : new PassedSpan(context);
  }
}

/** A span the sampler passed over: others only hear its context. */
class PassedSpan implements Span {
  readonly context: SpanContext;

  constructor(context: SpanContext) {
    this.context = context;
  }

  set(): void {}
  event(): void {}
  end(): void {}
}

class RecordedSpan implements Span {
  readonly context: SpanContext;
  readonly #options: TracerOptions;
  readonly #begun: { readonly scope: SpanScope; readonly name: string; readonly start: SpanStart };
  readonly #startUnixMs: number;
  #attributes: SpanAttributes;
  readonly #events: SpanEvent[] = [];
  #droppedEvents = 0;
  #isEnded = false;

  constructor(
    options: TracerOptions,
    begun: {
      readonly scope: SpanScope;
      readonly name: string;
      readonly context: SpanContext;
      readonly start: SpanStart;
    },
  ) {
    this.#options = options;
    this.#begun = begun;
    this.context = begun.context;
    this.#attributes = begun.start.attributes ?? {};
    this.#startUnixMs = options.now();
  }

  set(attributes: SpanAttributes): void {
    this.#attributes = { ...this.#attributes, ...attributes };
  }

  event(name: string, attributes?: SpanAttributes): void {
    if (this.#isEnded) return;
    if (this.#events.length >= MAX_EVENTS) this.#droppedEvents += 1;
    else this.#events.push({ name, timeUnixMs: this.#options.now(), attributes });
  }

  end(error?: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { scope, name, start } = this.#begun;
    const links = start.links ?? [];
    this.#options.take({
      scope,
      name,
      kind: start.kind ?? 'internal',
      context: this.context,
      parent: start.parent,
      links: links.slice(0, MAX_LINKS),
      droppedLinks: Math.max(0, links.length - MAX_LINKS),
      startUnixMs: this.#startUnixMs,
      endUnixMs: this.#options.now(),
      attributes: this.#attributes,
      events: this.#events,
      droppedEvents: this.#droppedEvents,
      error,
    });
  }
}

/** How far the two clocks may be apart before the wall clock was set. */
const MAX_APART_MS = 2;

/** `wall` (whole milliseconds since the epoch) made finer by `steady` (milliseconds with fractions from any start). */
export function fineClock(wall: () => number, steady: () => number): () => number {
  let offset = wall() - steady();
  return () => {
    const coarse = wall();
    const fine = steady() + offset;
    if (fine >= coarse - MAX_APART_MS && fine < coarse + MAX_APART_MS) return fine;
    offset = coarse - steady();
    return coarse;
  };
}
