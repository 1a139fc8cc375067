// Applies the configured actions to the attributes of every resource; the items in it are copied as they are.

import { AttributeEditor } from '../../pipeline/attribute-actions/editor.ts';
import type { Batch } from '../../pipeline/batch.ts';
import type { Processor } from '../../pipeline/component.ts';
import type { Consumer } from '../../pipeline/delivery.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { resourceSplicer, spliceBatch, type ChunkEditor } from '../../pipeline/splice-batch.ts';
import type { MessageDraft } from '../../proto/otlp/message-draft.ts';
import { KEEP } from '../../proto/otlp/splice.ts';
import type { ResourceConfig } from './config.ts';

export class ResourceProcessor implements Processor {
  readonly #next: Consumer;
  readonly #editor: AttributeEditor;
  readonly #splicer: ChunkEditor;

  constructor(config: ResourceConfig, signal: Signal, next: Consumer) {
    this.#next = next;
    this.#editor = new AttributeEditor(config.attributes);
    const resource = (draft: MessageDraft): boolean => {
      this.#editor.apply(draft.attributes);
      return KEEP;
    };
    this.#splicer = resourceSplicer(signal, resource);
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
