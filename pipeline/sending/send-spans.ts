// Spans of what an exporter does with a batch: taking it into the queue, and delivering it, under the collector's names.

import type { Batch } from '../batch.ts';
import { SIGNALS, type Signal } from '../signal.ts';
import type { ComponentSpans, Span, SpanSource } from '../spans.ts';

const SCOPE = { name: 'go.opentelemetry.io/collector/exporter/exporterhelper' };

export class SendSpans {
  readonly #id: string;
  readonly #sources: ReadonlyMap<Signal, SpanSource>;

  constructor(spans: ComponentSpans, id: string) {
    this.#id = id;
    this.#sources = new Map(SIGNALS.map((signal) => [signal, spans.source({ ...SCOPE, signal })]));
  }

  /** `submit` gets the batch as part of the span, so that its delivery belongs there too. */
  async enqueue(batch: Batch, submit: (batch: Batch) => Promise<void>): Promise<void> {
    const { context, signal } = batch;
    const span = this.#sources.get(signal)?.start('exporter/enqueue', { parent: context.span?.context });
    if (!span) return submit(batch);
    try {
      await submit({ ...batch, context: { ...context, span } });
      span.event('Enqueued item.');
    } catch (error) {
      span.event('Failed to enqueue item.');
      throw error;
    } finally {
      span.end();
    }
  }

  deliver({ context, signal }: Batch): Span | undefined {
    return this.#sources.get(signal)?.start(`exporter/${this.#id}/${signal}`, {
      parent: context.span?.context,
      links: context.links,
      attributes: { exporter: this.#id, data_type: signal },
    });
  }
}

export function endDelivery(span: Span, items: number, failed: number, error?: Error): void {
  span.set({ 'items.sent': items - failed, 'items.failed': failed });
  span.end(error?.message);
}

export function noteRetry(span: Span, delayMs: number, error: Error): void {
  span.event('Exporting failed. Will retry the request after interval.', {
    interval: `${Math.round(delayMs)}ms`,
    error: error.message,
  });
}
