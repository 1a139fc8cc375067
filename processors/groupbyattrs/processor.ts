// Groups spans, log records and data points by some of their attributes, which move to their resource.

import type { Batch } from '../../pipeline/batch.ts';
import { withChunks } from '../../pipeline/batch.ts';
import type { ComponentContext, Processor } from '../../pipeline/component.ts';
import { Rejected, type Consumer } from '../../pipeline/delivery.ts';
import type { Signal } from '../../pipeline/signal.ts';
import type { BoundCounter } from '../../pipeline/telemetry.ts';
import { countItems } from '../../proto/otlp/count.ts';
import { ENVELOPE_FIELDS, type ItemCursor } from '../../proto/otlp/envelope.ts';
import type { ItemView, View } from '../../proto/otlp/item-view.ts';
import { LogRecordCursor } from '../../proto/otlp/logs.ts';
import { METRIC_DATA, MetricCursor } from '../../proto/otlp/metrics.ts';
import { SpanCursor } from '../../proto/otlp/spans.ts';
import { encodeUtf8, equalBytes } from '../../proto/otlp/text.ts';
import { MalformedProto, ProtoReader } from '../../proto/wire.ts';
import type { ProtoWriter } from '../../proto/wire-writer.ts';
import { entriesOf, keyOf, merged, takenFrom, type Entry } from './attributes.ts';
import type { GroupByAttrsConfig } from './config.ts';
import { Groups, TooLarge, type MetricGroup, type ResourceGroup, type ScopeGroup } from './groups.ts';

/** What the collector's metrics call the items of a signal. */
const NAMES: Readonly<Partial<Record<Signal, string>>> = { traces: 'spans', logs: 'logs', metrics: 'metrics' };

export class GroupByAttrs implements Processor {
  readonly #next: Consumer;
  readonly #signal: Signal;
  readonly #keys: readonly Uint8Array[];
  readonly #grouped: BoundCounter;
  readonly #others: BoundCounter;
  readonly #spans = new SpanCursor();
  readonly #logs = new LogRecordCursor();
  readonly #metrics = new MetricCursor();
  readonly #item = new ProtoReader();
  readonly #attribute = new ProtoReader();

  constructor({ keys }: GroupByAttrsConfig, context: ComponentContext, signal: Signal, next: Consumer) {
    this.#next = next;
    this.#signal = signal;
    this.#keys = keys.map(encodeUtf8);
    const name = NAMES[signal] ?? signal;
    this.#grouped = context.metrics.counter({
      name: `otelcol_processor_groupbyattrs_num_grouped_${name}`,
      help: `Number of ${name} that had attributes grouped`,
      unit: '1',
    });
    this.#others = context.metrics.counter({
      name: `otelcol_processor_groupbyattrs_num_non_grouped_${name}`,
      help: `Number of ${name} that did not have attributes grouped`,
      unit: '1',
    });
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** Fails as the next component does, and with Rejected where the batch is malformed or would become too large. */
  async consume(batch: Batch): Promise<void> {
    const grouped = this.#regrouped(batch);
    if (grouped.chunks.length > 0) await this.#next.consume(grouped);
  }

  #regrouped(batch: Batch): Batch {
    const groups = new Groups();
    try {
      if (this.#signal === 'metrics') this.#groupPoints(batch, groups);
      else this.#groupItems(batch, groups, this.#signal === 'traces' ? this.#spans : this.#logs);
    } catch (error) {
      if (!(error instanceof MalformedProto) && !(error instanceof TooLarge)) throw error;
      throw new Rejected(error.message, { count: batch.items, cause: error });
    }
    if (groups.size === 0) return withChunks(batch, [], 0);
    const bytes = groups.encoded();
    return withChunks(batch, [bytes], countItems(this.#signal, bytes));
  }

  #groupItems(batch: Batch, groups: Groups, cursor: ItemCursor<ItemView>): void {
    const places = new Places(groups);
    cursor.reset(batch.chunks);
    while (cursor.next()) {
      const taken = this.#taken(cursor.item);
      const group = places.scope(cursor, taken);
      this.#write(group.items, ENVELOPE_FIELDS.items, cursor.item, taken.length > 0);
    }
  }

  #groupPoints(batch: Batch, groups: Groups): void {
    const cursor = this.#metrics;
    const places = new Places(groups);
    const metrics = new Map<ScopeGroup, MetricGroup>();
    cursor.reset(batch.chunks);
    while (cursor.next()) {
      metrics.clear();
      if (cursor.item.type === 0) continue;
      const points = cursor.item.dataPoints();
      while (points.next()) {
        const taken = this.#taken(points.item);
        const scope = places.scope(cursor, taken);
        const metric = metrics.get(scope) ?? groups.metric(scope, cursor.item);
        metrics.set(scope, metric);
        this.#write(metric.points, METRIC_DATA.dataPoints, points.item, taken.length > 0);
      }
    }
  }

  #taken(item: ItemView): readonly Entry[] {
    const taken = takenFrom(item.attributes, this.#keys);
    (taken.length > 0 ? this.#grouped : this.#others).add(1);
    return taken;
  }

  /** The item as it is, or without the attributes that were taken. */
  #write(out: ProtoWriter, field: number, item: ItemView, isChanged: boolean): void {
    const { message, attributesField } = item;
    const mark = out.begin(field, message.end - message.start);
    if (!isChanged) out.raw(message.bytes, message.start, message.end);
    else {
      this.#item.reset(message.bytes, message.start, message.end);
      while (this.#item.next()) {
        const { tagAt, pos, start, stop } = this.#item;
        const isTaken = this.#item.field === attributesField && this.#isKey(message.bytes, start, stop);
        if (!isTaken) out.raw(message.bytes, tagAt, pos);
      }
    }
    out.end(mark);
  }

  #isKey(bytes: Uint8Array, start: number, stop: number): boolean {
    this.#attribute.reset(bytes, start, stop);
    let key = bytes.subarray(0, 0);
    while (this.#attribute.next()) {
      if (this.#attribute.field === 1) key = bytes.subarray(this.#attribute.start, this.#attribute.stop);
    }
    return this.#keys.some((one) => equalBytes(one, 0, one.length, key));
  }
}

/** Where items go. What is around them is looked at once, not for each of them: it may be large, and they may be many. */
class Places {
  readonly #groups: Groups;
  #resourceIndex = -1;
  #scopeIndex = -1;
  #base: readonly Entry[] = [];
  /** By what is taken from an item, for the current resource. */
  readonly #resources = new Map<string, ResourceGroup>();
  /** For the current scope. */
  readonly #scopes = new Map<ResourceGroup, ScopeGroup>();

  constructor(groups: Groups) {
    this.#groups = groups;
  }

  /** Throws TooLarge. */
  scope({ resource, resourceIndex, scope, scopeIndex }: ItemCursor<View>, taken: readonly Entry[]): ScopeGroup {
    if (resourceIndex !== this.#resourceIndex) {
      this.#resourceIndex = resourceIndex;
      this.#base = entriesOf(resource.attributes);
      this.#resources.clear();
    }
    if (scopeIndex !== this.#scopeIndex) {
      this.#scopeIndex = scopeIndex;
      this.#scopes.clear();
    }
    const key = keyOf(taken);
    const owner = this.#resources.get(key) ?? this.#groups.resource(merged(this.#base, taken));
    this.#resources.set(key, owner);
    const found = this.#scopes.get(owner) ?? this.#groups.scope(owner, scope);
    this.#scopes.set(owner, found);
    return found;
  }
}
