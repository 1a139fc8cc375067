// Views of spans, their events and links, and the cursor over a batch's spans.

import { readFixed64 } from '../wire.ts';
import { ItemCursor } from './envelope.ts';
import { ChildCursor, ItemView } from './item-view.ts';
import { MessageView } from './message-view.ts';
import { SpanFields } from './span-fields.ts';
import { decodeHex, decodeUtf8 } from './text.ts';

/** Field numbers of `Span`. */
export const SPAN = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  parentSpanId: 4,
  name: 5,
  kind: 6,
  startTimeUnixNano: 7,
  endTimeUnixNano: 8,
  attributes: 9,
  droppedAttributesCount: 10,
  events: 11,
  droppedEventsCount: 12,
  links: 13,
  droppedLinksCount: 14,
  status: 15,
  flags: 16,
} as const;

/** Field numbers of `Span.Event`. */
export const EVENT = { timeUnixNano: 1, name: 2, attributes: 3, droppedAttributesCount: 4 } as const;

/** Field numbers of `Span.Link`. */
export const LINK = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  attributes: 4,
  droppedAttributesCount: 5,
  flags: 6,
} as const;

/** Field numbers of `Status`. */
export const STATUS = { message: 2, code: 3 } as const;

export const STATUS_CODE_ERROR = 2;

/** One span where it lies. Fields without a getter here are read by number: `span.message.fieldEquals(SPAN.name, needle)`. */
export class SpanView extends ItemView {
  readonly #status = new MessageView();
  #statusBound = false;
  readonly #fields = new SpanFields();
  #fieldsScanned = false;
  readonly #events = new ChildCursor(new EventView());
  readonly #links = new ChildCursor(new LinkView());

  constructor() {
    super(SPAN.attributes);
  }

  override bind(bytes: Uint8Array, start?: number, end?: number): void {
    super.bind(bytes, start, end);
    this.#statusBound = false;
    this.#fieldsScanned = false;
  }

  /** Where the commonest fields lie: for those who compare or hash bytes without making strings. */
  get fields(): SpanFields {
    if (!this.#fieldsScanned) {
      const { bytes, start, end } = this.message;
      this.#fields.scan(bytes, start, end);
      this.#fieldsScanned = true;
    }
    return this.#fields;
  }

  /** 16 bytes where they lie, or none. */
  get traceId(): Uint8Array {
    const { traceIdStart, traceIdEnd } = this.fields;
    return this.message.bytes.subarray(traceIdStart, traceIdEnd);
  }

  get traceIdHex(): string {
    const { traceIdStart, traceIdEnd } = this.fields;
    return decodeHex(this.message.bytes, traceIdStart, traceIdEnd);
  }

  /** 8 bytes where they lie, or none. */
  get spanId(): Uint8Array {
    const { spanIdStart, spanIdEnd } = this.fields;
    return this.message.bytes.subarray(spanIdStart, spanIdEnd);
  }

  get spanIdHex(): string {
    const { spanIdStart, spanIdEnd } = this.fields;
    return decodeHex(this.message.bytes, spanIdStart, spanIdEnd);
  }

  /** 8 bytes where they lie, or none: then the span is a root. */
  get parentSpanId(): Uint8Array {
    const { parentSpanIdStart, parentSpanIdEnd } = this.fields;
    return this.message.bytes.subarray(parentSpanIdStart, parentSpanIdEnd);
  }

  get parentSpanIdHex(): string {
    const { parentSpanIdStart, parentSpanIdEnd } = this.fields;
    return decodeHex(this.message.bytes, parentSpanIdStart, parentSpanIdEnd);
  }

  get traceState(): string {
    return this.message.stringField(SPAN.traceState);
  }

  get name(): string {
    const { nameStart, nameEnd } = this.fields;
    return decodeUtf8(this.message.bytes, nameStart, nameEnd);
  }

  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  get kind(): number {
    return this.fields.kind;
  }

  get startTimeUnixNano(): bigint {
    const { startTimeAt } = this.fields;
    return startTimeAt === 0 ? 0n : readFixed64(this.message.bytes, startTimeAt);
  }

  get endTimeUnixNano(): bigint {
    const { endTimeAt } = this.fields;
    return endTimeAt === 0 ? 0n : readFixed64(this.message.bytes, endTimeAt);
  }

  /** End minus start in nanoseconds, exact up to 104 days; negative where the end lies before the start. */
  get durationNano(): number {
    return this.fields.durationNano(this.message.bytes);
  }

  get droppedAttributesCount(): number {
    return this.message.uint32Field(SPAN.droppedAttributesCount);
  }

  get droppedEventsCount(): number {
    return this.message.uint32Field(SPAN.droppedEventsCount);
  }

  get droppedLinksCount(): number {
    return this.message.uint32Field(SPAN.droppedLinksCount);
  }

  get flags(): number {
    return this.message.fixed32Field(SPAN.flags);
  }

  /** One of the STATUS_CODE_ constants. */
  get statusCode(): number {
    return this.fields.statusCode;
  }

  get statusMessage(): string {
    return this.status.stringField(STATUS.message);
  }

  get status(): MessageView {
    if (!this.#statusBound) {
      this.#status.bind(
        this.message.bytes,
        this.message.contentStart(SPAN.status),
        this.message.contentEnd(SPAN.status),
      );
      this.#statusBound = true;
    }
    return this.#status;
  }

  /** A cursor over the events, rewound. */
  events(): ChildCursor<EventView> {
    this.#events.reset(this.message, SPAN.events);
    return this.#events;
  }

  /** The view `events()` walks with; for those who bind it themselves. */
  get eventView(): EventView {
    return this.#events.item;
  }

  /** A cursor over the links, rewound. */
  links(): ChildCursor<LinkView> {
    this.#links.reset(this.message, SPAN.links);
    return this.#links;
  }
}

/** One event of a span. */
export class EventView extends ItemView {
  constructor() {
    super(EVENT.attributes);
  }

  get timeUnixNano(): bigint {
    return this.message.fixed64Field(EVENT.timeUnixNano);
  }

  get name(): string {
    return this.message.stringField(EVENT.name);
  }

  get droppedAttributesCount(): number {
    return this.message.uint32Field(EVENT.droppedAttributesCount);
  }
}

/** One link of a span. */
export class LinkView extends ItemView {
  constructor() {
    super(LINK.attributes);
  }

  get traceIdHex(): string {
    return this.message.hexField(LINK.traceId);
  }

  get spanIdHex(): string {
    return this.message.hexField(LINK.spanId);
  }

  get traceState(): string {
    return this.message.stringField(LINK.traceState);
  }

  get droppedAttributesCount(): number {
    return this.message.uint32Field(LINK.droppedAttributesCount);
  }

  get flags(): number {
    return this.message.fixed32Field(LINK.flags);
  }
}

/** Walks the spans of a traces batch: `reset(batch.chunks)`, `while (cursor.next()) cursor.item.name`. */
export class SpanCursor extends ItemCursor<SpanView> {
  constructor() {
    super(new SpanView());
  }
}
