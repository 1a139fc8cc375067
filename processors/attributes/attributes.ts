// Applies the configured actions to the attributes of the chosen spans, log records, or data points of the chosen metrics.

import { AttributeEditor } from '../../pipeline/attribute-actions/editor.ts';
import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext, Processor } from '../../pipeline/component.ts';
import type { Consumer } from '../../pipeline/delivery.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { spliceBatch, type ChunkEditor } from '../../pipeline/splice-batch.ts';
import { Selection } from '../../pipeline/match-properties/selection.ts';
import { KEEP, spliceLogRecords, spliceMetrics, spliceSpans } from '../../proto/otlp/splice.ts';
import type { AttributesConfig } from './config.ts';

export class AttributesProcessor implements Processor {
  readonly #next: Consumer;
  readonly #editor: AttributeEditor;
  readonly #splicer: ChunkEditor;

  /** Throws an AgentError where include or exclude do not fit the signal. */
  constructor(config: AttributesConfig, context: ComponentContext, signal: Signal, next: Consumer) {
    this.#next = next;
    this.#editor = new AttributeEditor(config.actions);
    this.#splicer = splicerOf(signal, this.#editor, new Selection(config, signal, `processor:${context.id}`));
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Fails as the next component does, and with Rejected where the batch is malformed. */
  async consume(batch: Batch): Promise<void> {
    this.#editor.begin(batch.context);
    await this.#next.consume(spliceBatch(batch, this.#splicer));
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

function splicerOf(signal: Signal, editor: AttributeEditor, selection: Selection): ChunkEditor {
  const { envelopeHooks } = selection;
  switch (signal) {
    case 'traces':
      return spliceSpans({
        ...envelopeHooks,
        item(draft, span) {
          if (selection.hasSpan(span)) editor.apply(draft.attributes);
          return KEEP;
        },
      });
    case 'logs':
      return spliceLogRecords({
        ...envelopeHooks,
        item(draft, record) {
          if (selection.hasLogRecord(record)) editor.apply(draft.attributes);
          return KEEP;
        },
      });
    default: {
      let isChosen = true;
      return spliceMetrics({
        item(_draft, metric) {
          isChosen = selection.hasMetric(metric);
          return KEEP;
        },
        child(draft) {
          if (isChosen) editor.apply(draft.attributes);
          return KEEP;
        },
      });
    }
  }
}
