// The view of a log record, and the cursor over a batch's log records.

import { AnyValueView } from './any-value.ts';
import { ItemCursor } from './envelope.ts';
import { ItemView } from './item-view.ts';

/** Field numbers of `LogRecord`. */
export const LOG_RECORD = {
  timeUnixNano: 1,
  severityNumber: 2,
  severityText: 3,
  body: 5,
  attributes: 6,
  droppedAttributesCount: 7,
  flags: 8,
  traceId: 9,
  spanId: 10,
  observedTimeUnixNano: 11,
  eventName: 12,
} as const;

/** One log record where it lies. */
export class LogRecordView extends ItemView {
  readonly #body = new AnyValueView();
  #bodyBound = false;

  constructor() {
    super(LOG_RECORD.attributes);
  }

  override bind(bytes: Uint8Array, start?: number, end?: number): void {
    super.bind(bytes, start, end);
    this.#bodyBound = false;
  }

  get timeUnixNano(): bigint {
    return this.message.fixed64Field(LOG_RECORD.timeUnixNano);
  }

  get observedTimeUnixNano(): bigint {
    return this.message.fixed64Field(LOG_RECORD.observedTimeUnixNano);
  }

  /** 1 to 24, 0 unspecified. */
  get severityNumber(): number {
    return this.message.int32Field(LOG_RECORD.severityNumber);
  }

  get severityText(): string {
    return this.message.stringField(LOG_RECORD.severityText);
  }

  /** The body; type ANY_EMPTY where there is none. The same object every time. */
  get body(): AnyValueView {
    if (!this.#bodyBound) {
      this.#body.bind(
        this.message.bytes,
        this.message.contentStart(LOG_RECORD.body),
        this.message.contentEnd(LOG_RECORD.body),
      );
      this.#bodyBound = true;
    }
    return this.#body;
  }

  get droppedAttributesCount(): number {
    return this.message.uint32Field(LOG_RECORD.droppedAttributesCount);
  }

  get flags(): number {
    return this.message.fixed32Field(LOG_RECORD.flags);
  }

  get traceId(): Uint8Array {
    return this.message.bytesField(LOG_RECORD.traceId);
  }

  get traceIdHex(): string {
    return this.message.hexField(LOG_RECORD.traceId);
  }

  get spanId(): Uint8Array {
    return this.message.bytesField(LOG_RECORD.spanId);
  }

  get spanIdHex(): string {
    return this.message.hexField(LOG_RECORD.spanId);
  }

  get eventName(): string {
    return this.message.stringField(LOG_RECORD.eventName);
  }
}

/** Walks the log records of a logs batch. */
export class LogRecordCursor extends ItemCursor<LogRecordView> {
  constructor() {
    super(new LogRecordView());
  }
}
