// Who sent what: job and instance as attributes of a service, and what target_info says of it. That comes once a scrape, in
// whatever request; it is remembered for others.

import { decodeUtf8, encodeUtf8 } from '../../proto/otlp/text.ts';
import type { WriteRequestReader } from '../../proto/prometheus/remote-write/reader.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';
import type { Groups, ResourceGroup } from './groups.ts';
import { PLAIN, LE, QUANTILE, SCOPE, type LabelClasses } from './label-classes.ts';
import { Remembered } from './remembered.ts';

/** As many targets as the collector remembers; more than so many bytes of one are not. */
const REMEMBERED_TARGETS = 1_000;
const MAX_REMEMBERED_BYTES = 16_384;
const ATTRIBUTES = 1;

const SERVICE_NAME = encodeUtf8('service.name');
const SERVICE_NAMESPACE = encodeUtf8('service.namespace');
const SERVICE_INSTANCE = encodeUtf8('service.instance.id');

interface Target {
  /** Encoded attributes. */
  readonly attributes: Uint8Array;
  /** Whether it names the service itself: keys come once. */
  readonly hasName: boolean;
  readonly hasNamespace: boolean;
  readonly hasInstance: boolean;
  readonly ms: number;
}

export class Targets {
  readonly #reader: WriteRequestReader;
  readonly #groups: Groups;
  readonly #classes: LabelClasses;
  readonly #remembered = new Remembered<Target>(REMEMBERED_TARGETS);
  readonly #learned = new Map<ResourceGroup, Target>();
  readonly #writer = new ProtoWriter(1024);

  constructor(reader: WriteRequestReader, groups: Groups, classes: LabelClasses) {
    this.#reader = reader;
    this.#groups = groups;
    this.#classes = classes;
  }

  reset(): void {
    this.#learned.clear();
  }

  /** The current series is the resource's target_info at this time; a later one counts. */
  learn(resource: ResourceGroup, ms: number): void {
    const before = this.#learned.get(resource);
    if (before !== undefined && before.ms > ms) return;
    const { labels, labelCount, symbols } = this.#reader;
    const writer = this.#writer;
    writer.clear();
    let hasName = false;
    let hasNamespace = false;
    let hasInstance = false;
    for (let at = 0; at < labelCount * 2; at += 2) {
      const [name, value] = [labels[at] as number, labels[at + 1] as number]; // safe: within labels
      const found = this.#classes.of(name);
      const isAttribute = found === PLAIN || found === LE || found === QUANTILE || found === SCOPE;
      if (!isAttribute || value === 0) continue;
      hasName ||= symbols.is(name, SERVICE_NAME);
      hasNamespace ||= symbols.is(name, SERVICE_NAMESPACE);
      hasInstance ||= symbols.is(name, SERVICE_INSTANCE);
      this.#groups.attribute(writer, ATTRIBUTES, name, value);
    }
    this.#learned.set(resource, { attributes: writer.finish(), hasName, hasNamespace, hasInstance, ms });
  }

  /** Gives the resource its attributes. */
  describe(resource: ResourceGroup): void {
    const job = this.#text(resource.job);
    const instance = this.#text(resource.instance);
    const key = `${job}\n${instance}`;
    const learned = this.#learned.get(resource);
    if (learned !== undefined && learned.attributes.length <= MAX_REMEMBERED_BYTES) this.#remembered.set(key, learned);
    const target = learned ?? this.#remembered.get(key);
    const writer = this.#writer;
    writer.clear();
    const [namespace, name] = serviceOf(job);
    if (namespace !== '' && target?.hasNamespace !== true) attribute(writer, 'service.namespace', namespace);
    if (name !== '' && target?.hasName !== true) attribute(writer, 'service.name', name);
    if (instance !== '' && target?.hasInstance !== true) attribute(writer, 'service.instance.id', instance);
    if (target !== undefined) writer.raw(target.attributes);
    resource.attributes = writer.finish();
  }

  #text(symbol: number): string {
    const { symbols, bytes } = this.#reader;
    return decodeUtf8(bytes, symbols.starts[symbol] ?? 0, symbols.ends[symbol] ?? 0);
  }
}

/** A job of two parts is namespace and name (OpenTelemetry's "Prometheus and OpenMetrics Compatibility"). */
function serviceOf(job: string): readonly [namespace: string, name: string] {
  const slash = job.indexOf('/');
  return slash >= 0 && slash === job.lastIndexOf('/') ? [job.slice(0, slash), job.slice(slash + 1)] : ['', job];
}

function attribute(writer: ProtoWriter, key: string, text: string): void {
  const mark = writer.begin(ATTRIBUTES, key.length + text.length + 6);
  writer.stringField(1, key);
  const value = writer.begin(2, text.length + 2);
  writer.stringField(1, text);
  writer.end(value);
  writer.end(mark);
}
