// The OTLP request that a scrape becomes: resources, scopes and metrics, each written into a buffer of its own as samples come,
// and put together at the end, when also the attributes are known that a page says of its target.

import { ENVELOPE_FIELDS } from '../../../proto/otlp/envelope.ts';
import { TEMPORALITY_CUMULATIVE } from '../../../proto/otlp/metric-writer.ts';
import { METRIC, METRIC_DATA } from '../../../proto/otlp/metrics.ts';
import type { FamilyType } from '../../../proto/prometheus/page-reader.ts';
import { ProtoWriter } from '../../../proto/wire-writer.ts';
import type { Metric } from './metadata.ts';
import { TimeWords, writeTexts } from './point-fields.ts';
import { PointGroups } from './point-group.ts';

/** `Metric.metadata` for every type. */
const TYPES = Object.fromEntries(
  (['unknown', 'counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'] as const).map(
    (type) => {
      const out = new ProtoWriter(64);
      writeTexts(out, METRIC.metadata, [['prometheus.type', type]]);
      return [type, out.finish()];
    },
  ),
  // fromEntries forgets the keys.
) as Record<FamilyType, Uint8Array>;

/** Resources and scopes of one page that are told apart; what is more goes to the first. */
const MAX_PARTS = 10_000;
/** A buffer that has grown further is given back when the page is done. */
const MAX_KEPT_BYTES = 1 << 20;

/** What a buffer has at first: few pages name scopes or resources of their own, but those that do may name thousands. */
const OWN_BYTES = 16 << 10;
const OTHER_BYTES = 512;
const REQUEST_BYTES = 64 << 10;

export interface ScopeName {
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: readonly (readonly [string, string])[];
}

/** The metrics of one scope. */
export class ScopeBody {
  scope: ScopeName;
  readonly out: ProtoWriter;
  readonly groups = new PointGroups();
  /** Where the start times of a counter's points are, by its labels: OpenMetrics gives them afterwards. */
  readonly startTimes = new Map<number, number>();
  points = 0;
  metrics = 0;
  metric: Metric | undefined;
  readonly #times: TimeWords;
  #start = 0;
  #mark = 0;
  #dataMark = 0;
  #metricPoints = 0;

  constructor(scope: ScopeName, times: TimeWords, capacity: number) {
    this.out = new ProtoWriter(capacity);
    this.scope = scope;
    this.#times = times;
  }

  /** The points that follow are the metric's. */
  open(metric: Metric): void {
    if (this.metric === metric) return;
    this.close();
    const { out } = this;
    this.metric = metric;
    this.#start = out.length;
    this.#mark = out.begin(ENVELOPE_FIELDS.items, 1_000);
    out.stringField(METRIC.name, metric.name);
    if (metric.description !== '') out.stringField(METRIC.description, metric.description);
    if (metric.unit !== '') out.stringField(METRIC.unit, metric.unit);
    out.raw(TYPES[metric.type]);
    this.#dataMark = out.begin(metric.data, 1_000);
    if (metric.data === METRIC.sum) out.boolField(METRIC_DATA.isMonotonic, metric.isMonotonic);
    if (metric.data !== METRIC.gauge && metric.data !== METRIC.summary) {
      out.int32Field(METRIC_DATA.aggregationTemporality, TEMPORALITY_CUMULATIVE);
    }
    this.#metricPoints = 0;
  }

  /** A point was written. */
  count(): void {
    this.#metricPoints++;
  }

  close(): void {
    const { metric, out } = this;
    if (!metric) return;
    this.metric = undefined;
    this.startTimes.clear();
    this.#metricPoints += this.groups.write(out, metric.data, this.#times);
    if (this.#metricPoints === 0) {
      out.length = this.#start;
      return;
    }
    out.end(this.#dataMark);
    out.end(this.#mark);
    this.metrics++;
    this.points += this.#metricPoints;
  }

  clear(): void {
    this.metric = undefined;
    this.startTimes.clear();
    this.groups.clear();
    this.points = 0;
    this.metrics = 0;
    this.out.clear();
  }
}

/** What has the same job and instance. */
export class ResourceBody {
  attributes: Map<string, string>;
  readonly scopes = new Map<string, ScopeBody>();

  constructor(attributes: Map<string, string>) {
    this.attributes = attributes;
  }
}

export class PageOutput {
  readonly times = new TimeWords();
  #out = new ProtoWriter(REQUEST_BYTES);
  readonly #ownScope: ScopeName;
  readonly #resources = new Map<string, ResourceBody>();
  /** The body for what names neither resource nor scope, used again for every page. */
  #own: ScopeBody;
  #ownResource = new ResourceBody(new Map());
  /** Each of them is among the resources'. */
  readonly #bodies: ScopeBody[] = [];

  /** `scope` is what samples belong to that do not name one. */
  constructor(scope: ScopeName) {
    this.#ownScope = scope;
    this.#own = new ScopeBody(scope, this.times, OWN_BYTES);
  }

  /** Begins a request; `attributes` are those of the target's resource. */
  begin(attributes: Map<string, string>): void {
    this.#resources.clear();
    this.#bodies.length = 0;
    if (this.#own.out.capacity > MAX_KEPT_BYTES) this.#own = new ScopeBody(this.#ownScope, this.times, OWN_BYTES);
    this.#own.clear();
    this.#ownResource = new ResourceBody(attributes);
    this.#ownResource.scopes.set('', this.#own);
    this.#resources.set('', this.#ownResource);
    this.#bodies.push(this.#own);
  }

  get own(): ScopeBody {
    return this.#own;
  }

  get ownResource(): ResourceBody {
    return this.#ownResource;
  }

  /** The resource under `key`, made of what `attributes` gives. */
  resource(key: string, attributes: () => Map<string, string>): ResourceBody {
    let resource = this.#resources.get(key);
    if (resource) return resource;
    if (this.#resources.size >= MAX_PARTS) return this.#ownResource;
    resource = new ResourceBody(attributes());
    this.#resources.set(key, resource);
    return resource;
  }

  /** The scope of a resource; `undefined` is the receiver's own. */
  scope(resource: ResourceBody, scope: ScopeName | undefined): ScopeBody {
    const key = scope === undefined ? '' : JSON.stringify(scope);
    let body = resource.scopes.get(key);
    if (body) return body;
    if (this.#bodies.length >= MAX_PARTS) return this.#own;
    body = new ScopeBody(scope ?? this.#ownScope, this.times, OTHER_BYTES);
    resource.scopes.set(key, body);
    this.#bodies.push(body);
    return body;
  }

  /** The request, and how many points it has. */
  finish(): { readonly request: Uint8Array; readonly points: number } {
    const out = this.#out;
    let points = 0;
    for (const body of this.#bodies) {
      body.close();
      points += body.points;
    }
    for (const { attributes, scopes } of this.#resources.values()) {
      if (![...scopes.values()].some((body) => body.metrics > 0)) continue;
      const mark = out.begin(1, 20_000);
      const inner = out.begin(ENVELOPE_FIELDS.inner, 200);
      writeTexts(out, 1, attributes);
      out.end(inner);
      for (const body of scopes.values()) if (body.metrics > 0) writeScope(out, body);
      out.end(mark);
    }
    const request = out.finish();
    out.clear();
    if (out.capacity > MAX_KEPT_BYTES) this.#out = new ProtoWriter(REQUEST_BYTES);
    return { request, points };
  }
}

function writeScope(out: ProtoWriter, { scope, out: metrics }: ScopeBody): void {
  const mark = out.begin(ENVELOPE_FIELDS.items, 20_000);
  const inner = out.begin(ENVELOPE_FIELDS.inner, 100);
  out.stringField(1, scope.name);
  if (scope.version !== '') out.stringField(2, scope.version);
  writeTexts(out, 3, scope.attributes);
  out.end(inner);
  out.raw(metrics.bytes, 0, metrics.length);
  if (scope.schemaUrl !== '') out.stringField(ENVELOPE_FIELDS.schemaUrl, scope.schemaUrl);
  out.end(mark);
}
