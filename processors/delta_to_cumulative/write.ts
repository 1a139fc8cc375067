// Writes what a series has come to into its latest point, whose time, attributes, exemplars and flags stay.

import { encodedBuckets, packedFixed64, type Buckets } from '../../pipeline/metric-series/exponential-buckets.ts';
import type { MessageDraft } from '../../proto/otlp/message-draft.ts';
import type { MessageView } from '../../proto/otlp/message-view.ts';
import {
  EXPONENTIAL_HISTOGRAM_DATA_POINT as EXPONENTIAL,
  HISTOGRAM_DATA_POINT as HISTOGRAM,
  NUMBER_DATA_POINT as NUMBER,
} from '../../proto/otlp/metrics.ts';
import type { ExponentialTotal } from './exponential-total.ts';
import type { Total } from './totals.ts';

export function writeTotal(draft: MessageDraft, _message: MessageView, total: Total): void {
  // The start time has the same number in the points of all three kinds.
  setFixed64(draft, NUMBER.startTimeUnixNano, total.startTimeUnixNano);
  if (total.kind === 'exponential') {
    writeExponential(draft, total);
  } else if (total.kind === 'histogram') {
    draft.setFixed64(HISTOGRAM.count, total.count);
    setDouble(draft, HISTOGRAM.sum, total.extremes.sum);
    setDouble(draft, HISTOGRAM.min, total.extremes.min);
    setDouble(draft, HISTOGRAM.max, total.extremes.max);
    draft.setBytes(HISTOGRAM.bucketCounts, packedFixed64(total.counts));
  } else {
    draft.remove(NUMBER.asDouble);
    draft.remove(NUMBER.asInt);
    if (typeof total.value === 'bigint') draft.setFixed64(NUMBER.asInt, total.value);
    else setDouble(draft, NUMBER.asDouble, total.value);
  }
}

function writeExponential(draft: MessageDraft, total: ExponentialTotal): void {
  draft.setFixed64(EXPONENTIAL.count, total.count);
  setDouble(draft, EXPONENTIAL.sum, total.extremes.sum);
  setDouble(draft, EXPONENTIAL.min, total.extremes.min);
  setDouble(draft, EXPONENTIAL.max, total.extremes.max);
  // Zigzag, as sint32 is encoded.
  draft.setUint32(EXPONENTIAL.scale, ((total.scale << 1) ^ (total.scale >> 31)) >>> 0);
  setFixed64(draft, EXPONENTIAL.zeroCount, total.zeroCount);
  setDouble(draft, EXPONENTIAL.zeroThreshold, total.zeroThreshold === 0 ? undefined : total.zeroThreshold);
  setBuckets(draft, EXPONENTIAL.positive, total.positive);
  setBuckets(draft, EXPONENTIAL.negative, total.negative);
}

/** 0 is what a field that is not there means. */
function setFixed64(draft: MessageDraft, field: number, value: bigint): void {
  if (value === 0n) draft.remove(field);
  else draft.setFixed64(field, value);
}

function setDouble(draft: MessageDraft, field: number, value: number | undefined): void {
  if (value === undefined) draft.remove(field);
  else draft.setDouble(field, value);
}

function setBuckets(draft: MessageDraft, field: number, buckets: Buckets): void {
  if (buckets.counts.length === 0) draft.remove(field);
  else draft.setBytes(field, encodedBuckets(buckets));
}
