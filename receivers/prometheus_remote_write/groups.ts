// Sorts the points of one request, which come in any order, into resources, scopes and metrics: points are written once to a
// buffer and remembered by metric as a chain of places; at the end the request is put together from them.

import { ENVELOPE_FIELDS } from '../../proto/otlp/envelope.ts';
import { METRIC, METRIC_DATA, type MetricType } from '../../proto/otlp/metrics.ts';
import { longer, pairOf, type SymbolTable } from '../../proto/prometheus/remote-write/symbols.ts';
import { varintSize, ProtoWriter } from '../../proto/wire-writer.ts';
import { TEMPORALITY_CUMULATIVE } from '../../proto/otlp/metric-writer.ts';

const STRING_VALUE = 1;
const FIRST_POINTS = 1024;
/** A larger buffer than this is not kept for the next request. */
const KEPT_BYTES = 4 << 20;
const ANY_STRING_TAG = 0x0a;

/** What of a metric tells it from others in its scope, besides its name. */
export interface MetricKind {
  /** Field of `Metric`: what its data is. */
  readonly data: MetricType;
  readonly isMonotonic: boolean;
  /** Prometheus' word for its type, as the collector's receivers keep it. */
  readonly promType: string;
}

/** What is said once of a metric. */
export interface MetricDescription {
  readonly kind: MetricKind;
  /** UCUM. */
  readonly unit: string;
  /** Where no series of the request has one. */
  readonly description: string;
}

export interface ResourceGroup {
  readonly number: number;
  readonly job: number;
  readonly instance: number;
  /** Attributes, encoded as fields of a Resource. */
  attributes: Uint8Array;
  readonly scopes: ScopeGroup[];
  /** That of series which name none. */
  own: ScopeGroup | undefined;
}

export interface ScopeGroup {
  readonly number: number;
  readonly resource: ResourceGroup;
  /** `otel_scope_*` labels: symbols of names and values by turns. */
  readonly labels: readonly number[];
  readonly metrics: MetricGroup[];
}

export interface MetricGroup {
  readonly number: number;
  readonly scope: ScopeGroup;
  readonly name: number;
  readonly kind: MetricKind;
  /** UCUM. */
  readonly unit: string;
  readonly description: string;
  /** A symbol; the longest description wins. */
  help: number;
  /** Numbers of points, −1 for none. */
  first: number;
  last: number;
  bytes: number;
}

const NO_BYTES = new Uint8Array(0);

export class Groups {
  readonly symbols: SymbolTable;
  /** The points, each a whole field of its metric's data. */
  readonly points = new ProtoWriter(64 << 10);
  pointCount = 0;
  readonly resources: ResourceGroup[] = [];
  readonly #byPair = new Map<number, ResourceGroup>();
  readonly #folds = new Map<number, number>();
  readonly #scopes = new Map<number, ScopeGroup>();
  readonly #metrics = new Map<number, MetricGroup>();
  #starts: Int32Array = new Int32Array(FIRST_POINTS);
  #ends: Int32Array = new Int32Array(FIRST_POINTS);
  #next: Int32Array = new Int32Array(FIRST_POINTS);
  readonly #out = new ProtoWriter(64 << 10);

  constructor(symbols: SymbolTable) {
    this.symbols = symbols;
  }

  reset(): void {
    this.points.clear();
    this.#out.clear();
    if (this.points.capacity > KEPT_BYTES) this.points.bytes = new Uint8Array((this.points.capacity = 64 << 10));
    if (this.#out.capacity > KEPT_BYTES) this.#out.bytes = new Uint8Array((this.#out.capacity = 64 << 10));
    if (this.#starts.length > KEPT_BYTES / 64) {
      this.#starts = new Int32Array(FIRST_POINTS);
      this.#ends = new Int32Array(FIRST_POINTS);
      this.#next = new Int32Array(FIRST_POINTS);
    }
    this.pointCount = 0;
    this.resources.length = 0;
    this.#byPair.clear();
    this.#folds.clear();
    this.#scopes.clear();
    this.#metrics.clear();
  }

  /** One number for two, the same for the same two. */
  fold(a: number, b: number): number {
    const pair = pairOf(a, b);
    const known = this.#folds.get(pair);
    if (known !== undefined) return known;
    const made = this.#folds.size + 1;
    this.#folds.set(pair, made);
    return made;
  }

  resource(job: number, instance: number): ResourceGroup {
    const pair = pairOf(job, instance);
    const known = this.#byPair.get(pair);
    if (known !== undefined) return known;
    const made: ResourceGroup = {
      number: this.resources.length,
      job,
      instance,
      attributes: NO_BYTES,
      scopes: [],
      own: undefined,
    };
    this.resources.push(made);
    this.#byPair.set(pair, made);
    return made;
  }

  /** `labels` are copied. */
  scope(resource: ResourceGroup, labels: readonly number[]): ScopeGroup {
    if (labels.length === 0 && resource.own !== undefined) return resource.own;
    let key = this.fold(resource.number, 0);
    for (let at = 0; at < labels.length; at++) key = this.fold(key, (labels[at] as number) + 1); // safe: within labels
    const known = this.#scopes.get(key);
    if (known !== undefined) return known;
    const made = { number: key, resource, labels: labels.slice(), metrics: [] };
    this.#scopes.set(key, made);
    resource.scopes.push(made);
    if (labels.length === 0) resource.own = made;
    return made;
  }

  /** `kindNumber` tells kinds apart; `unitSymbol` is what `unit` was made of. */
  metric(
    scope: ScopeGroup,
    name: number,
    unitSymbol: number,
    help: number,
    kindNumber: number,
    describe: (name: number, kindNumber: number, unitSymbol: number) => MetricDescription,
  ): MetricGroup {
    const key = this.fold(this.fold(this.fold(scope.number, name), unitSymbol), kindNumber);
    const known = this.#metrics.get(key);
    if (known !== undefined) {
      if (help !== known.help && this.symbols.lengthOf(help) > this.symbols.lengthOf(known.help)) known.help = help;
      return known;
    }
    const { kind, unit, description } = describe(name, kindNumber, unitSymbol);
    const number = this.#metrics.size;
    const made = { number, scope, name, kind, unit, help, description, first: -1, last: -1, bytes: 0 };
    this.#metrics.set(key, made);
    scope.metrics.push(made);
    return made;
  }

  /** Appends the point that was written to `points` from `start` on. */
  append(metric: MetricGroup, start: number): void {
    const point = this.#point(start, metric);
    if (metric.last >= 0) this.#next[metric.last] = point;
    else metric.first = point;
    metric.last = point;
  }

  /** Puts it before all others of its metric. */
  prepend(metric: MetricGroup, start: number): void {
    const point = this.#point(start, metric);
    this.#next[point] = metric.first;
    if (metric.first < 0) metric.last = point;
    metric.first = point;
  }

  /** The request; empty where there are no points. */
  finish(defaultScope: Uint8Array, names: ScopeLabelNames): Uint8Array {
    const out = this.#out;
    for (const resource of this.resources) {
      if (!resource.scopes.some(hasPoints)) continue;
      const mark = out.begin(1, 20_000);
      const inner = out.begin(ENVELOPE_FIELDS.inner, resource.attributes.length);
      out.raw(resource.attributes);
      out.end(inner);
      for (const scope of resource.scopes) if (hasPoints(scope)) this.#scope(scope, defaultScope, names);
      out.end(mark);
    }
    return out.finish();
  }

  #point(start: number, metric: MetricGroup): number {
    if (this.pointCount >= this.#starts.length) {
      this.#starts = longer(this.#starts);
      this.#ends = longer(this.#ends);
      this.#next = longer(this.#next);
    }
    const point = this.pointCount++;
    const end = this.points.length;
    this.#starts[point] = start;
    this.#ends[point] = end;
    this.#next[point] = -1;
    metric.bytes += end - start;
    return point;
  }

  #scope(scope: ScopeGroup, defaultScope: Uint8Array, names: ScopeLabelNames): void {
    const out = this.#out;
    const mark = out.begin(ENVELOPE_FIELDS.items, 20_000);
    const schemaUrl = this.#scopeHead(scope, defaultScope, names);
    for (const metric of scope.metrics) if (metric.first >= 0) this.#metric(metric);
    if (schemaUrl > 0) this.text(out, ENVELOPE_FIELDS.schemaUrl, schemaUrl);
    out.end(mark);
  }

  /** Writes the scope; the symbol of its schema URL, 0 for none. */
  #scopeHead({ labels }: ScopeGroup, defaultScope: Uint8Array, names: ScopeLabelNames): number {
    const out = this.#out;
    let schemaUrl = 0;
    const mark = out.begin(ENVELOPE_FIELDS.inner, 100);
    if (labels.length === 0) out.raw(defaultScope);
    for (let at = 0; at < labels.length; at += 2) {
      const [name, value] = [labels[at] as number, labels[at + 1] as number]; // safe: within labels
      if (this.symbols.is(name, names.name)) this.text(out, 1, value);
      else if (this.symbols.is(name, names.version)) this.text(out, 2, value);
      else if (this.symbols.is(name, names.schemaUrl)) schemaUrl = value;
      else this.attribute(out, 3, name, value, names.prefix.length);
    }
    out.end(mark);
    return schemaUrl;
  }

  #metric(metric: MetricGroup): void {
    const out = this.#out;
    const { kind } = metric;
    const mark = out.begin(ENVELOPE_FIELDS.items, metric.bytes + 100);
    this.text(out, METRIC.name, metric.name);
    if (metric.help !== 0) this.text(out, METRIC.description, metric.help);
    else if (metric.description !== '') out.stringField(METRIC.description, metric.description);
    if (metric.unit !== '') out.stringField(METRIC.unit, metric.unit);
    const data = out.begin(kind.data, metric.bytes);
    for (let point = metric.first; point >= 0; point = this.#next[point] as number) {
      out.raw(this.points.bytes, this.#starts[point], this.#ends[point]); // safe, as above: chains hold numbers of points
    }
    const hasTemporality = kind.data !== METRIC.gauge && kind.data !== METRIC.summary;
    if (hasTemporality) out.int32Field(METRIC_DATA.aggregationTemporality, TEMPORALITY_CUMULATIVE);
    if (kind.isMonotonic) out.boolField(METRIC_DATA.isMonotonic, true);
    out.end(data);
    const metadata = out.begin(METRIC.metadata, 30);
    out.stringField(1, 'prometheus.type');
    const value = out.begin(2, 12);
    out.stringField(STRING_VALUE, kind.promType);
    out.end(value);
    out.end(metadata);
    out.end(mark);
  }

  /** A symbol as a string field. */
  text(out: ProtoWriter, field: number, symbol: number): void {
    const { starts, ends, bytes } = this.symbols;
    out.tag(field, 2);
    // Safe: a symbol's number lies within the tables.
    const start = starts[symbol] as number;
    const end = ends[symbol] as number;
    out.varint(end - start);
    out.raw(bytes, start, end);
  }

  /** A label as a KeyValue; the name without its first `cut` bytes. */
  attribute(out: ProtoWriter, field: number, name: number, value: number, cut = 0): void {
    const { starts, ends, bytes } = this.symbols;
    // Safe: symbols' numbers lie within the tables.
    const keyStart = (starts[name] as number) + cut;
    const keyEnd = ends[name] as number;
    const valueStart = starts[value] as number;
    const valueEnd = ends[value] as number;
    const keyLength = keyEnd - keyStart;
    const valueLength = valueEnd - valueStart;
    const anyLength = 1 + varintSize(valueLength) + valueLength;
    out.tag(field, 2);
    out.varint(1 + varintSize(keyLength) + keyLength + 1 + varintSize(anyLength) + anyLength);
    out.varint(0x0a);
    out.varint(keyLength);
    out.raw(bytes, keyStart, keyEnd);
    out.varint(0x12);
    out.varint(anyLength);
    out.varint(ANY_STRING_TAG);
    out.varint(valueLength);
    out.raw(bytes, valueStart, valueEnd);
  }
}

/** Labels that say something of the scope, as UTF-8. */
export interface ScopeLabelNames {
  readonly prefix: Uint8Array;
  readonly name: Uint8Array;
  readonly version: Uint8Array;
  readonly schemaUrl: Uint8Array;
}

function hasPoints(scope: ScopeGroup): boolean {
  return scope.metrics.some(({ first }) => first >= 0);
}
