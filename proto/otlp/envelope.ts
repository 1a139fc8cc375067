// What all four signals share: resources that hold scopes that hold items, their views, and the cursor that walks them.

import { AttributesView } from './attributes.ts';
import type { View } from './item-view.ts';
import { MessageView, RepeatedField } from './message-view.ts';

/** Field numbers of `Resource…` and `Scope…` messages, the same in every signal. */
export const ENVELOPE_FIELDS = { inner: 1, items: 2, schemaUrl: 3 } as const;

/** A view of a resource together with the `Resource…` message around it (for its schema URL). */
export class ResourceView {
  readonly #envelope = new MessageView();
  readonly #resource = new MessageView();
  readonly #attributes = new AttributesView();
  #bound = false;

  /** Points the view at the `Resource…` message in [start, end). */
  bind(bytes: Uint8Array, start: number, end: number): void {
    this.#envelope.bind(bytes, start, end);
    this.#bound = false;
  }

  /** The `Resource` message itself, with its fields by number. */
  get message(): MessageView {
    if (!this.#bound) {
      bindInner(this.#envelope, this.#resource);
      this.#attributes.bind(this.#resource, 1);
      this.#bound = true;
    }
    return this.#resource;
  }

  get attributes(): AttributesView {
    if (!this.#bound) void this.message;
    return this.#attributes;
  }

  get droppedAttributesCount(): number {
    return this.message.uint32Field(2);
  }

  get schemaUrl(): string {
    return this.#envelope.stringField(ENVELOPE_FIELDS.schemaUrl);
  }
}

/** A view of an instrumentation scope together with the `Scope…` message around it. */
export class ScopeView {
  readonly #envelope = new MessageView();
  readonly #scope = new MessageView();
  readonly #attributes = new AttributesView();
  #bound = false;

  bind(bytes: Uint8Array, start: number, end: number): void {
    this.#envelope.bind(bytes, start, end);
    this.#bound = false;
  }

  get message(): MessageView {
    if (!this.#bound) {
      bindInner(this.#envelope, this.#scope);
      this.#attributes.bind(this.#scope, 3);
      this.#bound = true;
    }
    return this.#scope;
  }

  get name(): string {
    return this.message.stringField(1);
  }

  get version(): string {
    return this.message.stringField(2);
  }

  get attributes(): AttributesView {
    if (!this.#bound) void this.message;
    return this.#attributes;
  }

  get droppedAttributesCount(): number {
    return this.message.uint32Field(4);
  }

  get schemaUrl(): string {
    return this.#envelope.stringField(ENVELOPE_FIELDS.schemaUrl);
  }
}

function bindInner(envelope: MessageView, inner: MessageView): void {
  const { inner: field } = ENVELOPE_FIELDS;
  inner.bind(envelope.bytes, envelope.contentStart(field), envelope.contentEnd(field));
}

/**
 * Walks the items of a batch's chunks: `reset(batch.chunks)`, then `while (cursor.next())`. `resource`, `scope` and `item`
 * are reused: what they say is valid until the next `next`. Whoever keeps something per resource or scope compares
 * `resourceIndex` or `scopeIndex`, which change with them. Throws `MalformedProto`.
 */
export class ItemCursor<Item extends View> {
  readonly resource = new ResourceView();
  readonly scope = new ScopeView();
  readonly item: Item;
  /** Number of the current resource and scope since `reset`, from 0; scopes are counted through all resources. */
  resourceIndex = -1;
  scopeIndex = -1;
  /** The current chunk. */
  chunkIndex = -1;
  #chunks: readonly Uint8Array[] = [];
  readonly #resources = new RepeatedField();
  readonly #scopes = new RepeatedField();
  readonly #items = new RepeatedField();

  constructor(item: Item) {
    this.item = item;
  }

  reset(chunks: readonly Uint8Array[]): void {
    this.#chunks = chunks;
    this.chunkIndex = this.resourceIndex = this.scopeIndex = -1;
    this.#resources.reset(NOTHING, 0, 0, 1);
    this.#scopes.reset(NOTHING, 0, 0, 2);
    this.#items.reset(NOTHING, 0, 0, 2);
  }

  next(): boolean {
    const items = this.#items;
    while (!items.next()) if (!this.#nextScope()) return false;
    this.item.bind(items.bytes, items.start, items.stop);
    return true;
  }

  #nextScope(): boolean {
    const scopes = this.#scopes;
    while (!scopes.next()) if (!this.#nextResource()) return false;
    this.scopeIndex++;
    this.scope.bind(scopes.bytes, scopes.start, scopes.stop);
    this.#items.reset(scopes.bytes, scopes.start, scopes.stop, ENVELOPE_FIELDS.items);
    return true;
  }

  #nextResource(): boolean {
    const resources = this.#resources;
    while (!resources.next()) {
      const chunk = this.#chunks[this.chunkIndex + 1];
      if (chunk === undefined) return false;
      this.chunkIndex++;
      resources.reset(chunk, 0, chunk.length, 1);
    }
    this.resourceIndex++;
    this.resource.bind(resources.bytes, resources.start, resources.stop);
    this.#scopes.reset(resources.bytes, resources.start, resources.stop, ENVELOPE_FIELDS.items);
    return true;
  }
}

const NOTHING = new Uint8Array(0);
