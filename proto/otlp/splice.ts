// Edits batches as bytes in one forward pass. Hooks look at views and either drop a message or change its draft; what
// changed is rewritten, the lengths around it are put right, everything else is copied byte for byte.

import { countItems, isMetricData } from './count.ts';
import { ENVELOPE_FIELDS, ResourceView, ScopeView } from './envelope.ts';
import type { ItemView, View } from './item-view.ts';
import { LogRecordView } from './logs.ts';
import { MessageDraft } from './message-draft.ts';
import { type MessageView, RepeatedField } from './message-view.ts';
import { type DataPointView, METRIC_DATA, MetricView } from './metrics.ts';
import { ProfileView } from './profiles.ts';
import type { OtlpSignal } from './signals.ts';
import { type EventView, SPAN, SpanView } from './spans.ts';
import { SpliceOutput } from './splice-output.ts';
import { fieldNumberAt, LENGTH_DELIMITED, ProtoReader, skipField } from '../wire.ts';

/** What a hook says about its message. */
export const KEEP = true;
export const DROP = false;

/**
 * Called in the order of the bytes, a resource before its scopes, a scope before its items, an item before its children
 * (span events, data points). A hook that is absent keeps everything; levels below which no hook is are not walked. Views
 * show the messages as they came, edits of outer hooks not included.
 */
export interface SpliceHooks<Item, Child> {
  resource?(draft: MessageDraft, resource: ResourceView): boolean;
  scope?(draft: MessageDraft, scope: ScopeView, resource: ResourceView): boolean;
  item?(draft: MessageDraft, item: Item, scope: ScopeView, resource: ResourceView): boolean;
  child?(draft: MessageDraft, child: Child, item: Item, scope: ScopeView, resource: ResourceView): boolean;
  /**
   * Also take out resources without scopes, scopes without items (where items were looked at) and metrics without data
   * points (where points were), be they emptied here or empty before: the filter processor's rule.
   */
  readonly pruneEmpty?: boolean;
  /** The schema URL of resources that have none, in UTF-8; undefined: it stays out. */
  schemaUrl?(): Uint8Array | undefined;
}

interface ItemLike extends View {
  readonly message: MessageView;
}

/** What a signal's items are made of. */
interface SignalShape<Item extends ItemLike, Child extends ItemView> {
  readonly signal: OtlpSignal;
  readonly item: Item;
  /** Field of the item's attributes; 0 where it has none. */
  readonly attributesField: number;
  /** Whether `field` of an item holds children, and whether these lie one message deeper, as data points do. */
  readonly isChildField: (field: number) => boolean;
  readonly childIsNested: boolean;
  readonly childOf: (item: Item) => Child;
}

/** Edits the chunks of one signal's batches. Keep it: it is reused for every batch. */
export class Splicer<Item extends ItemLike, Child extends ItemView> {
  readonly #shape: SignalShape<Item, Child>;
  readonly #hooks: SpliceHooks<Item, Child>;
  readonly #output = new SpliceOutput();
  readonly #resource = new ResourceView();
  readonly #scope = new ScopeView();
  readonly #resourceDraft = new MessageDraft();
  readonly #scopeDraft = new MessageDraft();
  readonly #itemDraft = new MessageDraft();
  readonly #childDraft = new MessageDraft();
  readonly #resources = new RepeatedField();
  readonly #resourceFields = new ProtoReader();
  readonly #scopeFields = new ProtoReader();
  readonly #itemFields = new ProtoReader();
  readonly #children = new RepeatedField();
  readonly #visitsScopes: boolean;
  readonly #visitsItems: boolean;
  #dropped = false;

  constructor(shape: SignalShape<Item, Child>, hooks: SpliceHooks<Item, Child>) {
    this.#shape = shape;
    this.#hooks = hooks;
    this.#visitsItems = hooks.item !== undefined || hooks.child !== undefined;
    this.#visitsScopes = this.#visitsItems || hooks.scope !== undefined;
  }

  /**
   * The edited chunks; `chunks` itself where nothing changed, and each chunk itself where nothing in it did. Chunks that
   * become empty are left out. Throws `MalformedProto`.
   */
  run(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
    this.#dropped = false;
    let result: Uint8Array[] | undefined;
    for (let index = 0; index < chunks.length; index++) {
      const chunk = chunks[index] as Uint8Array; // safe: index < length
      const edited = this.#runChunk(chunk);
      if (edited !== chunk) result ??= chunks.slice(0, index);
      if (result !== undefined && (edited === chunk || edited.length > 0)) result.push(edited);
    }
    return result ?? chunks;
  }

  /** The number of items in the last `run`'s result, given how many there were before. */
  itemsAfter(chunks: readonly Uint8Array[], itemsBefore: number): number {
    if (!this.#dropped) return itemsBefore;
    let items = 0;
    for (const chunk of chunks) items += countItems(this.#shape.signal, chunk);
    return items;
  }

  #runChunk(chunk: Uint8Array): Uint8Array {
    const resources = this.#resources;
    const output = this.#output;
    output.begin(chunk);
    resources.reset(chunk, 0, chunk.length, 1);
    while (resources.next()) {
      output.enter(1, resources.tagAt, resources.start, resources.stop);
      if (this.#keepResource(chunk, resources.start, resources.stop)) output.leave();
      else {
        output.abandon();
        this.#dropped = true;
      }
    }
    return output.finish();
  }

  #keepResource(bytes: Uint8Array, start: number, end: number): boolean {
    const hooks = this.#hooks;
    const view = this.#resource;
    const draft = this.#resourceDraft;
    view.bind(bytes, start, end);
    let edited = false;
    if (hooks.resource !== undefined) {
      draft.begin(view.message, 1);
      if (hooks.resource(draft, view) === DROP) return false;
      edited = draft.changed;
    }
    const schemaUrl = hooks.schemaUrl?.();
    if (!edited && !this.#visitsScopes && hooks.pruneEmpty !== true && schemaUrl === undefined) return true;
    let hasSchemaUrl = false;
    let scopes = 0;
    let found = false;
    const fields = this.#resourceFields;
    fields.reset(bytes, start, end);
    while (fields.next()) {
      if (fields.field === ENVELOPE_FIELDS.items) {
        fields.expect(LENGTH_DELIMITED);
        if (!this.#visitsScopes || this.#visitScope(bytes, fields)) scopes++;
      } else if (edited && fields.field === ENVELOPE_FIELDS.inner && fields.start === view.message.start) {
        this.#rewriteInner(fields, draft);
        found = true;
      } else if (fields.field === ENVELOPE_FIELDS.schemaUrl) hasSchemaUrl = fields.stop > fields.start;
    }
    if (edited && !found) this.#writeInner(end, draft);
    if (schemaUrl !== undefined && !hasSchemaUrl) this.#writeSchemaUrl(end, schemaUrl);
    return scopes > 0 || hooks.pruneEmpty !== true;
  }

  #visitScope(bytes: Uint8Array, place: ProtoReader): boolean {
    this.#output.enter(ENVELOPE_FIELDS.items, place.tagAt, place.start, place.stop);
    if (this.#keepScope(bytes, place.start, place.stop)) {
      this.#output.leave();
      return true;
    }
    this.#output.abandon();
    this.#dropped = true;
    return false;
  }

  #keepScope(bytes: Uint8Array, start: number, end: number): boolean {
    const hooks = this.#hooks;
    const view = this.#scope;
    const draft = this.#scopeDraft;
    view.bind(bytes, start, end);
    let edited = false;
    if (hooks.scope !== undefined) {
      draft.begin(view.message, 3);
      if (hooks.scope(draft, view, this.#resource) === DROP) return false;
      edited = draft.changed;
    }
    if (!edited && !this.#visitsItems) return true;
    let items = 0;
    let found = false;
    const fields = this.#scopeFields;
    fields.reset(bytes, start, end);
    while (fields.next()) {
      if (fields.field === ENVELOPE_FIELDS.items) {
        fields.expect(LENGTH_DELIMITED);
        if (!this.#visitsItems || this.#visitItem(bytes, fields)) items++;
      } else if (edited && fields.field === ENVELOPE_FIELDS.inner && fields.start === view.message.start) {
        this.#rewriteInner(fields, draft);
        found = true;
      }
    }
    if (edited && !found) this.#writeInner(end, draft);
    return items > 0 || !this.#visitsItems || hooks.pruneEmpty !== true;
  }

  #visitItem(bytes: Uint8Array, place: ProtoReader): boolean {
    const output = this.#output;
    output.enter(ENVELOPE_FIELDS.items, place.tagAt, place.start, place.stop);
    if (this.#keepItem(bytes, place.start, place.stop)) {
      output.leave();
      return true;
    }
    output.abandon();
    this.#dropped = true;
    return false;
  }

  #keepItem(bytes: Uint8Array, start: number, end: number): boolean {
    const hooks = this.#hooks;
    const { item, attributesField } = this.#shape;
    const draft = this.#itemDraft;
    item.bind(bytes, start, end);
    draft.begin(item.message, attributesField);
    if (hooks.item !== undefined && hooks.item(draft, item, this.#scope, this.#resource) === DROP) return false;
    if (hooks.child === undefined) {
      if (draft.changed) rewrite(this.#output, draft, bytes, start, end);
      return true;
    }
    return this.#keepItemWithChildren(bytes, start, end);
  }

  /** One pass over the item's fields that applies its own draft and visits its children where they lie. */
  #keepItemWithChildren(bytes: Uint8Array, start: number, end: number): boolean {
    const { isChildField, childIsNested } = this.#shape;
    const draft = this.#itemDraft;
    const fields = this.#itemFields;
    const { changed } = draft;
    let attribute = 0;
    let empty = false;
    fields.reset(bytes, start, end);
    while (fields.next()) {
      const { field } = fields;
      if (changed) {
        const index = field === draft.attributesField ? attribute++ : 0;
        if (rewriteField(this.#output, draft, field, fields.tagAt, fields.pos, index)) continue;
      }
      if (!isChildField(field)) continue;
      fields.expect(LENGTH_DELIMITED);
      if (childIsNested) empty = this.#visitNested(bytes, fields) === 0;
      else this.#visitChild(bytes, field, fields.tagAt, fields.start, fields.stop);
    }
    if (changed) writeNew(this.#output, draft, end);
    return !empty || this.#hooks.pruneEmpty !== true;
  }

  /** The data points of a metric's data message; how many stay. */
  #visitNested(bytes: Uint8Array, place: ProtoReader): number {
    const children = this.#children;
    let kept = 0;
    this.#output.enter(place.field, place.tagAt, place.start, place.stop);
    children.reset(bytes, place.start, place.stop, METRIC_DATA.dataPoints);
    while (children.next()) {
      if (this.#visitChild(bytes, METRIC_DATA.dataPoints, children.tagAt, children.start, children.stop)) kept++;
    }
    this.#output.leave();
    return kept;
  }

  #visitChild(bytes: Uint8Array, field: number, tagAt: number, start: number, end: number): boolean {
    const hooks = this.#hooks;
    const { item, childOf } = this.#shape;
    const child = childOf(item);
    const draft = this.#childDraft;
    child.bind(bytes, start, end);
    draft.begin(child.message, child.attributesField);
    this.#output.enter(field, tagAt, start, end);
    if (hooks.child?.(draft, child, item, this.#scope, this.#resource) === DROP) {
      this.#output.abandon();
      this.#dropped = true;
      return false;
    }
    if (draft.changed) rewrite(this.#output, draft, bytes, start, end);
    this.#output.leave();
    return true;
  }

  /** Applies a draft to the resource or scope message at `place`. */
  #rewriteInner(place: ProtoReader, draft: MessageDraft): void {
    this.#output.enter(ENVELOPE_FIELDS.inner, place.tagAt, place.start, place.stop);
    rewrite(this.#output, draft, place.bytes, place.start, place.stop);
    this.#output.leave();
  }

  #writeSchemaUrl(at: number, url: Uint8Array): void {
    const writer = this.#output.insertAt(at);
    const mark = writer.begin(ENVELOPE_FIELDS.schemaUrl);
    writer.raw(url, 0, url.length);
    writer.end(mark);
  }

  /** Writes a resource or scope message where there was none. */
  #writeInner(at: number, draft: MessageDraft): void {
    const writer = this.#output.insertAt(at);
    const mark = writer.begin(ENVELOPE_FIELDS.inner);
    writer.raw(draft.fields.bytes, 0, draft.fields.length);
    if (draft.attributesChanged) draft.attributes.writeAdded(draft.attributesField, writer);
    writer.end(mark);
  }
}

/** Applies `draft` to the message in [start, end), which the output has entered. */
function rewrite(output: SpliceOutput, draft: MessageDraft, bytes: Uint8Array, start: number, end: number): void {
  if (draft.fieldsChanged) {
    let attribute = 0;
    let pos = start;
    while (pos < end) {
      const at = pos;
      pos = skipField(bytes, at, end);
      const field = fieldNumberAt(bytes, at);
      const index = field === draft.attributesField ? attribute++ : 0;
      rewriteField(output, draft, field, at, pos, index);
    }
  } else {
    // Only attributes changed, and the draft knows where they are: no need to walk the message.
    const { touchedFrom, touchedTo } = draft.attributes;
    for (let index = touchedFrom; index < touchedTo; index++) rewriteAttribute(output, draft, index);
  }
  writeNew(output, draft, end);
}

/** Leaves out or replaces the field in [start, end) where the draft says so; whether it did. */
function rewriteField(
  output: SpliceOutput,
  draft: MessageDraft,
  field: number,
  start: number,
  end: number,
  attribute: number,
): boolean {
  if (draft.replaces(field)) {
    output.skip(start, end);
    return true;
  }
  if (field !== draft.attributesField || !draft.attributesChanged) return false;
  rewriteAttribute(output, draft, attribute);
  return true;
}

function rewriteAttribute(output: SpliceOutput, draft: MessageDraft, index: number): void {
  const { attributes } = draft;
  if (attributes.isUntouched(index)) return;
  output.skip(attributes.entryStart(index), attributes.entryEnd(index));
  if (attributes.isDeleted(index)) return;
  attributes.writeReplaced(index, draft.attributesField, output.insertAt(attributes.entryEnd(index)));
}

/** Writes what the draft adds, at the end of the message. */
function writeNew(output: SpliceOutput, draft: MessageDraft, end: number): void {
  const writer = output.insertAt(end);
  if (draft.fieldsChanged) writer.raw(draft.fields.bytes, 0, draft.fields.length);
  if (draft.attributesChanged) draft.attributes.writeAdded(draft.attributesField, writer);
}

const never = (): boolean => false;

/** Spans and their events. */
export function spliceSpans(hooks: SpliceHooks<SpanView, EventView>): Splicer<SpanView, EventView> {
  return new Splicer(
    {
      signal: 'traces',
      item: new SpanView(),
      attributesField: SPAN.attributes,
      isChildField: (field) => field === SPAN.events,
      childIsNested: false,
      childOf: (span) => span.eventView,
    },
    hooks,
  );
}

/** Metrics and their data points. A metric's own attributes are its `metadata`. */
export function spliceMetrics(hooks: SpliceHooks<MetricView, DataPointView>): Splicer<MetricView, DataPointView> {
  const item = new MetricView();
  return new Splicer(
    {
      signal: 'metrics',
      item,
      attributesField: item.attributesField,
      isChildField: isMetricData,
      childIsNested: true,
      childOf: (metric) => metric.pointView,
    },
    hooks,
  );
}

/** Log records, which have no children. */
export function spliceLogRecords(
  hooks: Omit<SpliceHooks<LogRecordView, never>, 'child'>,
): Splicer<LogRecordView, never> {
  const item = new LogRecordView();
  return new Splicer(
    {
      signal: 'logs',
      item,
      attributesField: item.attributesField,
      isChildField: never,
      childIsNested: false,
      childOf: noChild,
    },
    hooks,
  );
}

/** Profiles; their attributes lie in the dictionary, so drafts change fields only. */
export function spliceProfiles(hooks: Omit<SpliceHooks<ProfileView, never>, 'child'>): Splicer<ProfileView, never> {
  return new Splicer(
    {
      signal: 'profiles',
      item: new ProfileView(),
      attributesField: 0,
      isChildField: never,
      childIsNested: false,
      childOf: noChild,
    },
    hooks,
  );
}

function noChild(): never {
  throw new Error('log records and profiles have no children');
}
