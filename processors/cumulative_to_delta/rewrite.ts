// Writes a metric's data anew, with delta temporality and with other points, or fewer. What nobody names stays byte for byte.

import { MessageDraft } from '../../proto/otlp/message-draft.ts';
import type { MessageView } from '../../proto/otlp/message-view.ts';
import {
  EXPONENTIAL_HISTOGRAM_DATA_POINT as EXPONENTIAL,
  HISTOGRAM_DATA_POINT as HISTOGRAM,
  METRIC_DATA,
  NUMBER_DATA_POINT as NUMBER,
  TEMPORALITY_DELTA,
  type DataPointView,
  type MetricView,
} from '../../proto/otlp/metrics.ts';
import { ProtoReader } from '../../proto/wire.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';
import type { Buckets } from './exponential.ts';
import type { Delta } from './tracker.ts';

/** What becomes of a point: gone, as it is, or what it is changed to. */
export type Decision = 'drop' | 'keep' | Delta;

/** Keep it: its buffers are reused. */
export class DataRewriter {
  readonly #data = new ProtoReader();
  readonly #point = new ProtoReader();
  readonly #draft = new MessageDraft();
  readonly #out = new ProtoWriter();
  readonly #buckets = new ProtoWriter();
  /** Points that are left. */
  kept = 0;

  /** The data message as it is to be. `decide` is asked about each point. */
  rewrite(metric: MetricView, decide: (point: DataPointView) => Decision): Uint8Array {
    const { data, pointView: point } = metric;
    this.#out.clear();
    this.kept = 0;
    this.#data.reset(data.bytes, data.start, data.end);
    while (this.#data.next()) {
      const { field, start, stop, tagAt, pos, bytes } = this.#data;
      if (field === METRIC_DATA.aggregationTemporality) continue;
      if (field !== METRIC_DATA.dataPoints) {
        this.#out.raw(bytes, tagAt, pos);
        continue;
      }
      point.bind(bytes, start, stop);
      const decision = decide(point);
      if (decision === 'drop') continue;
      this.kept += 1;
      if (decision === 'keep') this.#out.raw(bytes, tagAt, pos);
      else this.#write(point, decision);
    }
    this.#out.uint32Field(METRIC_DATA.aggregationTemporality, TEMPORALITY_DELTA);
    return this.#out.finish();
  }

  #write({ message }: DataPointView, delta: Delta): void {
    this.#draft.begin(message, 0);
    this.#change(message, delta);
    const mark = this.#out.begin(METRIC_DATA.dataPoints, message.end - message.start);
    this.#point.reset(message.bytes, message.start, message.end);
    while (this.#point.next()) {
      if (!this.#draft.replaces(this.#point.field)) this.#out.raw(message.bytes, this.#point.tagAt, this.#point.pos);
    }
    this.#out.raw(this.#draft.fields.view());
    this.#out.end(mark);
  }

  #change(message: MessageView, { point, startTimeUnixNano }: Delta): void {
    const draft = this.#draft;
    // The start time has the same number in points of every kind but the exponential ones'.
    const startField = point.kind === 'exponential' ? EXPONENTIAL.startTimeUnixNano : NUMBER.startTimeUnixNano;
    draft.setFixed64(startField, startTimeUnixNano);
    if (point.kind === 'number') {
      draft.remove(NUMBER.asDouble);
      draft.remove(NUMBER.asInt);
      if (typeof point.value === 'bigint') draft.setFixed64(NUMBER.asInt, point.value);
      else draft.setDouble(NUMBER.asDouble, point.value);
      return;
    }
    if (point.kind === 'histogram') {
      draft.setFixed64(HISTOGRAM.count, point.count);
      if (hasNumber(message, HISTOGRAM.sum)) draft.setDouble(HISTOGRAM.sum, point.sum);
      draft.setBytes(HISTOGRAM.bucketCounts, packedFixed64(point.counts));
      draft.remove(HISTOGRAM.min);
      draft.remove(HISTOGRAM.max);
      return;
    }
    draft.setFixed64(EXPONENTIAL.count, point.count);
    if (hasNumber(message, EXPONENTIAL.sum)) draft.setDouble(EXPONENTIAL.sum, point.sum);
    draft.setFixed64(EXPONENTIAL.zeroCount, point.zeroCount);
    draft.setBytes(EXPONENTIAL.positive, this.#encoded(point.positive));
    draft.setBytes(EXPONENTIAL.negative, this.#encoded(point.negative));
    draft.remove(EXPONENTIAL.min);
    draft.remove(EXPONENTIAL.max);
  }

  #encoded({ offset, counts }: Buckets): Uint8Array {
    const out = this.#buckets;
    out.clear();
    if (offset !== 0) out.uint32Field(1, ((offset << 1) ^ (offset >> 31)) >>> 0);
    if (counts.length > 0) {
      const mark = out.begin(2, counts.length);
      for (const count of counts) out.varint64(count);
      out.end(mark);
    }
    return out.finish();
  }
}

/** A sum that is not there, or no number, stays as it is. */
function hasNumber(message: MessageView, field: number): boolean {
  return message.has(field) && !Number.isNaN(message.doubleField(field));
}

function packedFixed64(values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}
