// What our page readers make of a page, in the form in which Prometheus' parser is asked: the entries until the end, or until
// the page can not be read further.

import { createHash } from 'node:crypto';
import { floatOf } from '../../proto/prometheus/float-bytes.ts';
import { floatText, openMetricsFloatText } from '../../proto/prometheus/number-text.ts';
import {
  LABEL_NAME_ESCAPED,
  LABEL_STRIDE,
  LABEL_VALUE_ESCAPED,
  PageError,
  type NativeHistogram,
  type PageReader,
} from '../../proto/prometheus/page-reader.ts';
import { ProtobufReader } from '../../proto/prometheus/protobuf-reader.ts';
import { TextReader } from '../../proto/prometheus/text-reader.ts';
import type { TextparseCase } from './textparse-cases.ts';

export interface Answer {
  readonly entries: readonly unknown[];
  /** Why the page could not be read to its end. */
  readonly error?: string;
}

/** As it is kept: how many entries, and their hash; of a page that can not be read nothing counts. */
export function summary({ entries, error }: Answer): string {
  if (error !== undefined) return 'refused';
  // Go and JavaScript put different numbers of them where bytes are not UTF-8.
  const text = JSON.stringify(entries).replaceAll(/\ufffd+/g, '\ufffd');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return `${entries.length} ${hash}`;
}

/** Whether both come to the same; `theirs` as it is kept. */
export function agree(one: TextparseCase, theirs: string): boolean {
  const ours = summary(answerOf(one));
  if (one.isBroken === true && (theirs === 'refused' || ours === 'refused')) return true;
  return ours === theirs;
}

export function answerOf({ format, page, native, keep }: TextparseCase): Answer {
  const reader =
    format === 'protobuf'
      ? new ProtobufReader(page, { ignoresNative: !native, keepsClassic: keep })
      : new TextReader(page, format);
  const entries: unknown[] = [];
  // Prometheus normalises bounds by the type that was said last.
  let type = '';
  try {
    for (;;) {
      const entry = reader.next();
      if (entry === 'end') return { entries };
      if (entry === 'sample' || entry === 'histogram') {
        const value = entry === 'sample' ? number(reader.value) : nativeOf(reader.histogram());
        const exemplars = reader
          .exemplars()
          .map((one) => [pairsOf(one.labels), number(one.value), time(one.timestampMs)]);
        entries.push([
          entry,
          labelsOf(reader, type),
          value,
          time(reader.timestampMs),
          time(reader.createdMs),
          exemplars,
        ]);
        continue;
      }
      const name = reader.string(reader.familyStart, reader.familyEnd, false);
      if (entry === 'type') type = reader.familyType;
      entries.push([entry, name, entry === 'type' ? type : reader.text()]);
    }
  } catch (error) {
    if (!(error instanceof PageError)) throw error;
    return { entries, error: error.message };
  }
}

function number(value: number): string {
  return floatText(value);
}

/** Go's conversion of what an int64 can not hold, on amd64. */
function time(ms: number): string {
  if (Number.isNaN(ms)) return '';
  return number(Math.abs(ms) > 2 ** 63 ? -(2 ** 63) : ms);
}

function pairsOf(texts: readonly string[]): string[][] {
  const pairs: string[][] = [];
  for (let index = 0; index < texts.length; index += 2) pairs.push([texts[index] ?? '', texts[index + 1] ?? '']);
  return sorted(pairs);
}

function sorted(pairs: string[][]): string[][] {
  return pairs.toSorted(([one = ''], [other = '']) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

function labelsOf(reader: PageReader, type: string): string[][] {
  const pairs = [['__name__', reader.string(reader.nameStart, reader.nameEnd, reader.isNameEscaped)]];
  const { labels, labelCount } = reader;
  for (let at = 0; at < labelCount * LABEL_STRIDE; at += LABEL_STRIDE) {
    const [nameStart = 0, nameEnd = 0, valueStart = 0, valueEnd = 0, flags = 0] = labels.subarray(
      at,
      at + LABEL_STRIDE,
    );
    const name = reader.string(nameStart, nameEnd, (flags & LABEL_NAME_ESCAPED) !== 0);
    const value = reader.string(valueStart, valueEnd, (flags & LABEL_VALUE_ESCAPED) !== 0);
    const isBound = (type === 'histogram' && name === 'le') || (type === 'summary' && name === 'quantile');
    const bound = isBound && value !== '' ? floatOf(Buffer.from(value), 0, Buffer.byteLength(value)) : undefined;
    pairs.push([name, bound === undefined ? value : openMetricsFloatText(bound)]);
  }
  return sorted(pairs);
}

function nativeOf(native: NativeHistogram): unknown[] {
  const { schema, count, sum, zeroThreshold, zeroCount, positive, negative, isGauge } = native;
  return [
    schema,
    ...[count, sum, zeroThreshold, zeroCount].map(number),
    positive.spans,
    positive.counts.map(number),
    negative.spans,
    negative.counts.map(number),
    isGauge,
  ];
}
