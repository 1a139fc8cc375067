// One pass over a page: every sample to its place in the request. The same pass over an earlier page says of its series that
// they are gone.

import { AttributeList } from '../../../proto/otlp/metric-writer.ts';
import {
  METRIC,
  METRIC_DATA,
  EXPONENTIAL_HISTOGRAM_DATA_POINT,
  HISTOGRAM_DATA_POINT,
  NUMBER_DATA_POINT,
  SUMMARY_DATA_POINT,
} from '../../../proto/otlp/metrics.ts';
import { decodeUtf8, equalBytes } from '../../../proto/otlp/text.ts';
import { floatOf } from '../../../proto/prometheus/float-bytes.ts';
import { LABEL_STRIDE, type NativeHistogram, type PageReader } from '../../../proto/prometheus/page-reader.ts';
import { FIXED64 } from '../../../proto/wire.ts';
import { Metadata, type Resolved, type SampleKind } from './metadata.ts';
import { PageOutput, type ScopeBody, type ScopeName } from './page-output.ts';
import { writeExemplars, writeLabel } from './point-fields.ts';
import { isWritable, NO_RECORDED_VALUE } from './point-group.ts';
import { INTERNAL, labelUse, OF_SCOPE, SeriesForm } from './series-form.ts';
import { SeriesHash } from '../../../proto/prometheus/series-hash.ts';

const CUSTOM_BUCKETS = -53;
const TARGET_INFO = 'target_info';
const UNDERSCORE = 0x5f;
const NOTHING = new Uint8Array(0);

/** What a target decides of each of its samples. */
export interface SampleRules {
  /** What the sample's series is taken as; undefined where it is left out. */
  form(reader: PageReader, hash: SeriesHash, raw: SeriesForm): SeriesForm | undefined;
  /** Whether the sample is to be written. */
  admit(reader: PageReader, hash: SeriesHash, form: SeriesForm, name: string, hasTime: boolean): boolean;
  /** Attributes that all series have which do not have them among their labels. */
  readonly constants: AttributeList;
  readonly honorTimestamps: boolean;
  /** The native histogram as it is to be written. */
  native(reader: PageReader): NativeHistogram;
  resourceOf(form: SeriesForm): Map<string, string>;
  /** A sample that could not be taken, for people. */
  problem(message: string): void;
}

/** One for all targets of a receiver: they are converted one after the other, from the first word to `output.finish()`. */
export class PageRun {
  readonly output: PageOutput;
  readonly metadata: Metadata;
  readonly #hash = new SeriesHash();
  readonly #groupHash = new SeriesHash();
  readonly #raw = new SeriesForm();
  #rules!: SampleRules;
  #timeMs = 0;
  #isStale = false;
  /** OpenMetrics' times of creation follow the samples that they are of. */
  #awaitsCreated = false;
  /** The name of the sample before, and what it came to. */
  #lastName = NOTHING;
  #lastText = '';
  #lastResolved: Resolved | undefined;

  /** `scope` is what samples belong to that do not name one. */
  constructor(scope: ScopeName, trimSuffixes: boolean) {
    this.output = new PageOutput(scope);
    this.metadata = new Metadata(trimSuffixes);
  }

  /**
   * Reads to the end. Fails with PageError. `isStale`: what is written are markers at `timeMs`. `awaitsCreated`: counters
   * may be followed by samples that say when they were created.
   */
  run(reader: PageReader, rules: SampleRules, timeMs: number, isStale: boolean, awaitsCreated: boolean): void {
    this.#rules = rules;
    this.#timeMs = timeMs;
    this.#isStale = isStale;
    this.#forgetName();
    this.metadata.clear();
    this.#awaitsCreated = awaitsCreated;
    for (;;) {
      const entry = reader.next();
      switch (entry) {
        case 'end':
          return;
        case 'sample':
          this.#sample(reader, 'classic');
          break;
        case 'histogram':
          this.#sample(reader, reader.histogram().schema === CUSTOM_BUCKETS ? 'custom' : 'exponential');
          break;
        default: {
          const name = reader.string(reader.familyStart, reader.familyEnd, true);
          if (entry === 'type') this.metadata.setType(name, reader.familyType);
          else if (entry === 'help') this.metadata.setHelp(name, reader.text());
          else this.metadata.setUnit(name, reader.text());
          this.#forgetName();
        }
      }
    }
  }

  #forgetName(): void {
    this.#lastName = NOTHING;
    this.#lastResolved = undefined;
  }

  #sample(reader: PageReader, kind: SampleKind): void {
    const rules = this.#rules;
    const hash = this.#hash;
    hash.reset();
    hash.add(reader.bytes, reader.seriesStart, reader.seriesEnd);
    // A family can have both kinds of histograms.
    if (kind !== 'classic') hash.add(reader.bytes, reader.nameStart, reader.nameEnd);
    const raw = this.#raw;
    raw.bytes = reader.bytes;
    raw.nameStart = reader.nameStart;
    raw.nameEnd = reader.nameEnd;
    raw.labels = reader.labels;
    raw.labelCount = reader.labelCount;
    const form = rules.form(reader, hash, raw);
    if (!form) return;
    const resolved = this.#resolve(form, kind);
    const hasTime = rules.honorTimestamps && !Number.isNaN(reader.timestampMs);
    if (!rules.admit(reader, hash, form, this.#lastText, hasTime)) return;
    const resource =
      form.job === undefined && form.instance === undefined
        ? this.output.ownResource
        : this.output.resource(`${form.job ?? ''}\n${form.instance ?? ''}`, () => rules.resourceOf(form));
    if (this.#lastText === TARGET_INFO) {
      for (const [name, value] of form.texts()) if (value !== '') resource.attributes.set(name, value);
      return;
    }
    const body =
      resource === this.output.ownResource && !form.hasScope
        ? this.output.own
        : this.output.scope(resource, form.hasScope ? form.scope() : undefined);
    body.open(resolved.metric);
    const timeMs = hasTime && !this.#isStale ? reader.timestampMs : this.#timeMs;
    if (resolved.role === 'number') this.#number(body, form, reader, timeMs);
    else if (resolved.metric.data === METRIC.sum) this.#created(body, form, reader.value);
    else this.#part(body, form, reader, resolved, timeMs);
  }

  /** The sample's metric. Most samples have the name of the one before. */
  #resolve({ bytes, nameStart, nameEnd }: SeriesForm, kind: SampleKind): Resolved {
    const isClassic = kind === 'classic';
    if (isClassic && this.#lastResolved && equalBytes(bytes, nameStart, nameEnd, this.#lastName)) {
      return this.#lastResolved;
    }
    const name = decodeUtf8(bytes, nameStart, nameEnd);
    const resolved = this.metadata.resolve(name, kind);
    this.#lastName = isClassic ? new Uint8Array(bytes.subarray(nameStart, nameEnd)) : NOTHING;
    this.#lastText = name;
    this.#lastResolved = isClassic ? resolved : undefined;
    return resolved;
  }

  /** A point of a gauge or a sum. */
  #number(body: ScopeBody, form: SeriesForm, reader: PageReader, timeMs: number): void {
    const { out } = body;
    const fields = NUMBER_DATA_POINT;
    const { times } = this.output;
    const isSum = body.metric?.data === METRIC.sum;
    const mark = out.begin(METRIC_DATA.dataPoints, 100);
    this.#attributes(out, form, fields.attributes, true, true);
    times.write(out, fields.timeUnixNano, timeMs);
    if (this.#isStale) out.uint32Field(fields.flags, NO_RECORDED_VALUE);
    else {
      out.doubleField(fields.asDouble, reader.value);
      if (reader.hasExemplar) writeExemplars(out, fields.exemplars, reader.exemplars());
    }
    const { createdMs } = reader;
    if (isSum && createdMs > 0) times.write(out, fields.startTimeUnixNano, createdMs);
    else if (isSum && this.#awaitsCreated) {
      // Room for the time of creation; 0 says that there is none.
      out.tag(fields.startTimeUnixNano, FIXED64);
      out.fixed64Words(0, 0);
      out.end(mark);
      body.startTimes.set(this.#groupKey(form), out.length - 8);
      body.count();
      return;
    }
    out.end(mark);
    body.count();
  }

  /** The time of creation of a counter that was written already. */
  #created(body: ScopeBody, form: SeriesForm, seconds: number): void {
    const at = body.startTimes.get(this.#groupKey(form));
    if (at === undefined || !(seconds > 0) || this.#isStale) return;
    const { out } = body;
    const end = out.length;
    out.length = at - 1;
    this.output.times.write(out, NUMBER_DATA_POINT.startTimeUnixNano, seconds * 1_000);
    out.length = end;
  }

  /** A part of a histogram or summary. */
  #part(body: ScopeBody, form: SeriesForm, reader: PageReader, { metric, role }: Resolved, timeMs: number): void {
    const group = body.groups.get(this.#groupKey(form), timeMs);
    if (group.attributesStart < 0) {
      const { attributes } = body.groups;
      group.attributesStart = attributes.length;
      const isHistogram = metric.data === METRIC.histogram;
      const isSummary = metric.data === METRIC.summary;
      const field = isHistogram
        ? HISTOGRAM_DATA_POINT.attributes
        : isSummary
          ? SUMMARY_DATA_POINT.attributes
          : EXPONENTIAL_HISTOGRAM_DATA_POINT.attributes;
      this.#attributes(attributes, form, field, !isHistogram, !isSummary);
      group.attributesEnd = attributes.length;
    } else if (group.timestampMs !== timeMs) {
      this.#rules.problem(`${reader.place()}: ${this.#lastText} has another timestamp than the rest of ${metric.name}`);
      return;
    }
    if (reader.createdMs > 0) group.createdMs = reader.createdMs;
    if (reader.hasExemplar && !this.#isStale) group.addExemplars(reader.exemplars());
    switch (role) {
      case 'count':
        group.count = reader.value;
        group.hasCount = true;
        group.isStale = this.#isStale;
        break;
      case 'sum':
        group.sum = reader.value;
        group.hasSum = true;
        break;
      case 'created':
        group.createdMs = reader.value * 1_000;
        break;
      case 'native': {
        const native = this.#rules.native(reader);
        if (!isWritable(native)) {
          this.#rules.problem(`${reader.place()}: ${this.#lastText} has buckets too far apart to be written`);
          return;
        }
        group.native = native;
        group.count = native.count;
        group.sum = native.sum;
        group.hasCount = group.hasSum = true;
        group.isStale = this.#isStale;
        break;
      }
      default: {
        const at = role === 'bucket' ? form.leAt : form.quantileAt;
        // Safe: `at` is the first number of a label.
        const bound =
          at < 0 ? undefined : floatOf(form.bytes, form.labels[at + 2] as number, form.labels[at + 3] as number);
        if (bound === undefined) {
          const label = role === 'bucket' ? 'le' : 'quantile';
          this.#rules.problem(`${reader.place()}: ${this.#lastText} has no label ${label} with a number`);
        } else group.addBoundary(bound, reader.value);
      }
    }
  }

  /** Labels as attributes; empty ones are none. */
  #attributes(out: ScopeBody['out'], form: SeriesForm, field: number, hasLe: boolean, hasQuantile: boolean): void {
    const { bytes, labels, labelCount } = form;
    for (let index = 0; index < labelCount; index++) {
      const at = index * LABEL_STRIDE;
      if (labels[at + 2] === labels[at + 3]) continue;
      if (at === form.leAt && !hasLe) continue;
      if (at === form.quantileAt && !hasQuantile) continue;
      const nameStart = labels[at] as number; // Safe: below labelCount.
      if (form.hasScope || bytes[nameStart] === UNDERSCORE) {
        const use = labelUse(bytes, nameStart, labels[at + 1] as number);
        if (use === OF_SCOPE || use === INTERNAL) continue;
      }
      writeLabel(out, field, bytes, labels, at);
    }
    if (!form.isWhole) out.raw(this.#rules.constants.asField(field));
  }

  /** What the samples of one point have in common, as a number. */
  #groupKey(form: SeriesForm): number {
    const hash = this.#groupHash;
    const { bytes, labels, labelCount } = form;
    hash.reset();
    for (let index = 0; index < labelCount; index++) {
      const at = index * LABEL_STRIDE;
      if (at === form.leAt || at === form.quantileAt) continue;
      // Safe: below labelCount.
      if (form.hasScope && labelUse(bytes, labels[at] as number, labels[at + 1] as number) === OF_SCOPE) continue;
      hash.add(bytes, labels[at] as number, labels[at + 1] as number);
      hash.add(bytes, labels[at + 2] as number, labels[at + 3] as number);
    }
    return hash.key();
  }
}
