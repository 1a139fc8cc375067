// What every processor counts, as the collector's processorhelper does: items that come in, items that go on, and the time
// it takes itself, without what comes after it.

import type { Batch } from './batch.ts';
import type { Consumer } from './delivery.ts';
import type { Signal } from './signal.ts';
import type { Span, SpanAttributes } from './spans.ts';
import type { BoundCounter, BoundHistogram, ComponentMetrics } from './telemetry.ts';

/** In seconds, from 10 us: the collector's bounds begin at 5 s, which says nothing. */
const DURATION_BUCKETS = [
  0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
  1,
];

export class ProcessorMeter {
  readonly #incoming: BoundCounter;
  readonly #outgoing: BoundCounter;
  readonly #duration: BoundHistogram;
  readonly #nowMs: () => number;
  /** A processor works on one batch at a time, until it hands on or waits. */
  #isWorking = false;
  #startedMs = 0;
  /** Where the end of the work is noted, and with what. */
  #span: Span | undefined;
  #noted: SpanAttributes | undefined;

  /** `nowMs` is a clock in ms, with fractions. */
  constructor(metrics: ComponentMetrics, signal: Signal, nowMs: () => number) {
    this.#nowMs = nowMs;
    const labels = { 'otel.signal': signal };
    this.#incoming = metrics.counter({
      name: 'otelcol_processor_incoming_items',
      help: 'Number of items passed to the processor. [Alpha]',
      unit: '{item}',
      labels,
    });
    this.#outgoing = metrics.counter({
      name: 'otelcol_processor_outgoing_items',
      help: 'Number of items emitted from the processor. [Alpha]',
      unit: '{item}',
      labels,
    });
    this.#duration = metrics.histogram({
      name: 'otelcol_processor_internal_duration',
      help: 'Duration of time taken to process a batch of telemetry data through the processor. [Alpha]',
      unit: 's',
      labels,
      buckets: DURATION_BUCKETS,
    });
  }

  /** The processor, with what goes into it counted; with `id`, its work is noted in the batch's span. */
  around(processor: Consumer, id?: string): Consumer {
    this.#noted = id === undefined ? undefined : { processor: id };
    return {
      consume: (batch: Batch): Promise<void> => {
        this.#incoming.add(batch.items);
        this.#startedMs = this.#nowMs();
        this.#isWorking = true;
        if (this.#noted) this.#note(batch);
        try {
          return processor.consume(batch);
        } finally {
          this.#pause();
        }
      },
    };
  }

  /** The next consumer, with what goes on to it counted. */
  before(next: Consumer): Consumer {
    return {
      consume: (batch: Batch): Promise<void> => {
        this.#pause();
        this.#outgoing.add(batch.items);
        return next.consume(batch);
      },
    };
  }

  /** The first call for a batch ends its time. */
  #pause(): void {
    if (!this.#isWorking) return;
    this.#isWorking = false;
    this.#duration.record((this.#nowMs() - this.#startedMs) / 1_000);
    if (this.#span) this.#span.event('End processing.', this.#noted);
  }

  #note({ context }: Batch): void {
    this.#span = context.span;
    this.#span?.event('Start processing.', this.#noted);
  }
}
