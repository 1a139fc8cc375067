// Writes a delta into the point that it was made of.

import { encodedBuckets, packedFixed64 } from '../../pipeline/metric-series/exponential-buckets.ts';
import type { MessageDraft } from '../../proto/otlp/message-draft.ts';
import type { MessageView } from '../../proto/otlp/message-view.ts';
import {
  EXPONENTIAL_HISTOGRAM_DATA_POINT as EXPONENTIAL,
  HISTOGRAM_DATA_POINT as HISTOGRAM,
  NUMBER_DATA_POINT as NUMBER,
} from '../../proto/otlp/metrics.ts';
import type { Delta } from './tracker.ts';

export function writeDelta(draft: MessageDraft, message: MessageView, { point, startTimeUnixNano }: Delta): void {
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
  draft.setBytes(EXPONENTIAL.positive, encodedBuckets(point.positive));
  draft.setBytes(EXPONENTIAL.negative, encodedBuckets(point.negative));
  draft.remove(EXPONENTIAL.min);
  draft.remove(EXPONENTIAL.max);
}

/** A sum that is not there, or no number, stays as it is. */
function hasNumber(message: MessageView, field: number): boolean {
  return message.has(field) && !Number.isNaN(message.doubleField(field));
}
