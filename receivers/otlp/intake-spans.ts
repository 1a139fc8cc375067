// Spans of what the receiver takes in, under the collector's names.

import type { ClientContext } from '../../pipeline/batch.ts';
import { ITEM_NAME, type Signal } from '../../pipeline/signal.ts';
import type { ComponentSpans, Span, SpanAttributes, SpanSource } from '../../pipeline/spans.ts';

const OPERATION: Readonly<Record<Signal, string>> = {
  traces: 'TraceDataReceived',
  metrics: 'MetricsReceived',
  logs: 'LogsReceived',
  profiles: 'ProfilesReceived',
};

export class IntakeSpans {
  readonly #source: SpanSource;
  readonly #name: string;
  readonly #items: string;
  readonly #attributes: SpanAttributes;

  constructor(
    spans: ComponentSpans,
    options: { readonly id: string; readonly signal: Signal; readonly transport: string },
  ) {
    const { id, signal, transport } = options;
    this.#source = spans.source({ name: id });
    this.#name = `receiver/${id}/${OPERATION[signal]}`;
    this.#items = ITEM_NAME[signal];
    // The collector names this format for JSON too.
    this.#attributes = { transport, format: 'protobuf' };
  }

  start({ span }: ClientContext): Span {
    return this.#source.start(this.#name, { parent: span?.context, attributes: this.#attributes });
  }

  end(
    span: Span,
    counted: { readonly accepted: number; readonly refused: number; readonly failed: number },
    error?: Error,
  ): void {
    span.set({
      [`accepted_${this.#items}`]: counted.accepted,
      [`refused_${this.#items}`]: counted.refused,
      [`failed_${this.#items}`]: counted.failed,
    });
    span.end(error?.message);
  }
}
