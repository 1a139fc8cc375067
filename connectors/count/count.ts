// Walks each batch and hands on one metrics batch: per resource the sums of what was counted in it.

import type { Tools } from '../../ottl/function.ts';
import { OttlEvaluationError } from '../../ottl/value.ts';
import { viewItem, type ViewItem } from '../../ottl/views/item.ts';
import { batchOf, type Batch } from '../../pipeline/batch.ts';
import type { ComponentContext, Connector, Outputs } from '../../pipeline/component.ts';
import { Rejected } from '../../pipeline/delivery.ts';
import { countItems } from '../../proto/otlp/count.ts';
import type { ItemCursor } from '../../proto/otlp/envelope.ts';
import type { View } from '../../proto/otlp/item-view.ts';
import { LogRecordCursor } from '../../proto/otlp/logs.ts';
import { MetricCursor } from '../../proto/otlp/metrics.ts';
import { ProfileCursor } from '../../proto/otlp/profiles.ts';
import { SpanCursor } from '../../proto/otlp/spans.ts';
import { MalformedProto } from '../../proto/wire.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';
import type { CountConfig } from './config.ts';
import { Counter } from './counter.ts';

/** The collector's name of the scope. */
const SCOPE = 'github.com/open-telemetry/opentelemetry-collector-contrib/connector/countconnector';

export class CountConnector implements Connector {
  readonly #outputs: Outputs;
  readonly #now: () => number;
  readonly #item: ViewItem = viewItem();
  readonly #spans: Counter;
  readonly #events: Counter;
  readonly #metrics: Counter;
  readonly #points: Counter;
  readonly #logs: Counter;
  readonly #profiles: Counter;
  readonly #spanCursor = new SpanCursor();
  readonly #metricCursor = new MetricCursor();
  readonly #logCursor = new LogRecordCursor();
  readonly #profileCursor = new ProfileCursor();

  constructor(config: CountConfig, context: ComponentContext, outputs: Outputs) {
    this.#outputs = outputs;
    this.#now = context.now;
    const tools: Tools = { now: context.now, random: context.random };
    this.#spans = new Counter(config.spans, 'span', tools);
    this.#events = new Counter(config.spanevents, 'spanevent', tools);
    this.#metrics = new Counter(config.metrics, 'metric', tools);
    this.#points = new Counter(config.datapoints, 'datapoint', tools);
    this.#logs = new Counter(config.logs, 'log', tools);
    this.#profiles = new Counter(config.profiles, 'profile', tools);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** Fails as the next component does; with Rejected where the batch is malformed or a condition can not be evaluated. */
  async consume(batch: Batch): Promise<void> {
    const next = this.#outputs.metrics;
    if (!next) throw new Rejected('no pipeline takes metrics from here', { count: batch.items });
    let request: Uint8Array;
    try {
      request = this.#request(batch);
    } catch (error) {
      if (!(error instanceof MalformedProto) && !(error instanceof OttlEvaluationError)) throw error;
      throw new Rejected(error.message, { count: batch.items, cause: error });
    }
    if (request.length > 0)
      await next.consume(batchOf('metrics', request, countItems('metrics', request), batch.context));
  }

  #request(batch: Batch): Uint8Array {
    switch (batch.signal) {
      case 'traces':
        return this.#walk(batch, this.#spanCursor, [this.#spans, this.#events], () => this.#countSpan());
      case 'metrics':
        return this.#walk(batch, this.#metricCursor, [this.#metrics, this.#points], () => this.#countMetric());
      case 'logs':
        return this.#walk(batch, this.#logCursor, [this.#logs], () => this.#countLog());
      default:
        return this.#walk(batch, this.#profileCursor, [this.#profiles], () => this.#countProfile());
    }
  }

  #walk<Item extends View>(
    batch: Batch,
    cursor: ItemCursor<Item>,
    counters: readonly Counter[],
    count: () => void,
  ): Uint8Array {
    const writer = new ProtoWriter(1024);
    const nowNano = BigInt(Math.round(this.#now())) * 1_000_000n;
    let resource = -1;
    let attributes: Uint8Array[] = [];
    for (const counter of counters) counter.begin();
    cursor.reset(batch.chunks);
    this.#item.resource = cursor.resource;
    this.#item.scope = cursor.scope;
    while (cursor.next()) {
      if (cursor.resourceIndex !== resource) {
        writeResource(writer, attributes, counters, nowNano);
        resource = cursor.resourceIndex;
        attributes = entriesOf(cursor);
        for (const counter of counters) counter.begin();
      }
      count();
    }
    writeResource(writer, attributes, counters, nowNano);
    return writer.finish();
  }

  #countSpan(): void {
    const { item: span } = this.#spanCursor;
    const item = this.#item;
    item.span = span;
    this.#spans.time(span.startTimeUnixNano);
    this.#spans.time(span.endTimeUnixNano);
    this.#spans.count(item, span.attributes);
    item.eventIndex = 0;
    for (const events = span.events(); events.next(); item.eventIndex += 1) {
      item.event = events.item;
      this.#events.time(events.item.timeUnixNano);
      this.#events.count(item, events.item.attributes);
    }
  }

  #countMetric(): void {
    const { item: metric } = this.#metricCursor;
    const item = this.#item;
    item.metric = metric;
    this.#metrics.count(item, undefined);
    if (metric.type === 0) throw new OttlEvaluationError(`metric ${JSON.stringify(metric.name)}: invalid metric type`);
    for (const points = metric.dataPoints(); points.next();) {
      item.point = points.item;
      this.#points.time(points.item.timeUnixNano);
      this.#points.count(item, points.item.attributes);
    }
  }

  #countLog(): void {
    const { item: record } = this.#logCursor;
    this.#item.log = record;
    this.#logs.time(record.timeUnixNano);
    this.#logs.count(this.#item, record.attributes);
  }

  #countProfile(): void {
    const { item: profile } = this.#profileCursor;
    const { attributes } = profile;
    const problem = attributes.problem();
    if (problem !== undefined) throw new OttlEvaluationError(problem);
    this.#item.profile = profile;
    this.#profiles.time(profile.timeUnixNano);
    this.#profiles.count(this.#item, attributes);
  }
}

/** The resource's attributes as they are on the wire. */
function entriesOf<Item extends View>({ resource }: ItemCursor<Item>): Uint8Array[] {
  const entries: Uint8Array[] = [];
  const { attributes } = resource;
  attributes.rewind();
  while (attributes.next()) {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = attributes.entry;
    entries.push(bytes.subarray(keyStart, keyEnd), bytes.subarray(valueStart, valueEnd));
  }
  return entries;
}

function writeResource(
  writer: ProtoWriter,
  attributes: readonly Uint8Array[],
  counters: readonly Counter[],
  nowNano: bigint,
): void {
  if (counters.every((counter) => counter.isEmpty)) return;
  const group = writer.begin(1);
  const resource = writer.begin(1);
  for (let index = 0; index < attributes.length; index += 2) {
    const entry = writer.begin(1);
    writer.bytesField(1, attributes[index] ?? new Uint8Array());
    writer.bytesField(2, attributes[index + 1] ?? new Uint8Array());
    writer.end(entry);
  }
  writer.end(resource);
  const scopeMetrics = writer.begin(2);
  const scope = writer.begin(1);
  writer.stringField(1, SCOPE);
  writer.end(scope);
  for (const counter of counters) counter.write(writer, nowNano);
  writer.end(scopeMetrics);
  writer.end(group);
}
