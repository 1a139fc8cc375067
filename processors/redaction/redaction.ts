// Removes attributes and masks values: in resources, scopes, spans, span events, log records with their bodies, and data
// points. Nothing of what is taken out is logged or counted by its content.

import type { Batch } from '../../pipeline/batch.ts';
import type { Processor } from '../../pipeline/component.ts';
import type { Consumer } from '../../pipeline/delivery.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { spliceBatch, type ChunkEditor } from '../../pipeline/splice-batch.ts';
import type { MessageDraft } from '../../proto/otlp/message-draft.ts';
import { KEEP, spliceLogRecords, spliceMetrics, spliceSpans } from '../../proto/otlp/splice.ts';
import { AttributesRedactor } from './attributes-redactor.ts';
import { BodyRedactor } from './body-redactor.ts';
import type { RedactionConfig } from './config.ts';
import { DbSanitizer } from './db/db-sanitizer.ts';
import { KeyVerdicts } from './key-verdicts.ts';
import { SpanNames } from './span-names.ts';
import { UrlSanitizer } from './url/url-sanitizer.ts';
import { ValueRedactor } from './value-redactor.ts';

export class RedactionProcessor implements Processor {
  readonly #next: Consumer;
  readonly #splicer: ChunkEditor;

  constructor(config: RedactionConfig, signal: Signal, next: Consumer) {
    this.#next = next;
    this.#splicer = splicerOf(config, signal);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Fails as the next component does, and with Rejected where the batch is malformed. */
  async consume(batch: Batch): Promise<void> {
    await this.#next.consume(spliceBatch(batch, this.#splicer));
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

function splicerOf(config: RedactionConfig, signal: Signal): ChunkEditor {
  const urls = config.url_sanitizer.enabled ? new UrlSanitizer() : undefined;
  const sanitizer = new DbSanitizer(config.db_sanitizer, signal === 'logs');
  const statements = sanitizer.isOn ? sanitizer : undefined;
  const keys = new KeyVerdicts(config, sanitizer.keys);
  const values = new ValueRedactor(config, urls, statements);
  const attributes = new AttributesRedactor(config, keys, values, sanitizer.keys.size > 0);
  const redactAttributes = (draft: MessageDraft): boolean => {
    attributes.apply(draft.attributes);
    return KEEP;
  };
  const envelope = { resource: redactAttributes, scope: redactAttributes };
  switch (signal) {
    case 'traces': {
      const names = new SpanNames(config, values, urls, statements);
      return spliceSpans({
        ...envelope,
        item(draft, span) {
          attributes.apply(draft.attributes);
          names.apply(draft, span);
          return KEEP;
        },
        child: redactAttributes,
      });
    }
    case 'logs': {
      const bodies = new BodyRedactor(config, keys, values);
      return spliceLogRecords({
        ...envelope,
        item(draft, record) {
          attributes.apply(draft.attributes);
          bodies.apply(draft, record);
          return KEEP;
        },
      });
    }
    default:
      return spliceMetrics({ ...envelope, child: redactAttributes });
  }
}
