// Metrics in full, part of verbosity `detailed`.

import type { ProtoObject } from '../../proto/objects.ts';
import { attributeEntries, type Lines } from './lines.ts';
import { formatFixed, formatTime } from './go-format.ts';
import { bigIn, bigsIn, idIn, messageIn, messagesIn, numberIn, numbersIn, textIn } from './values.ts';

const TEMPORALITIES = ['Unspecified', 'Delta', 'Cumulative'];

const KINDS = [
  ['gauge', 'Gauge'],
  ['sum', 'Sum'],
  ['histogram', 'Histogram'],
  ['exponentialHistogram', 'ExponentialHistogram'],
  ['summary', 'Summary'],
] as const;

export function metricEntries(lines: Lines, metric: ProtoObject, index: number): void {
  const [field, kind] = KINDS.find(([name]) => metric[name] !== undefined) ?? [undefined, 'Empty'];
  lines.push(
    `Metric #${index}`,
    'Descriptor:',
    `     -> Name: ${textIn(metric, 'name')}`,
    `     -> Description: ${textIn(metric, 'description')}`,
    `     -> Unit: ${textIn(metric, 'unit')}`,
    `     -> DataType: ${kind}`,
  );
  attributeEntries(lines, '     -> Metadata', messagesIn(metric, 'metadata'));
  if (field === undefined) return;
  const data = messageIn(metric, field);
  if (kind === 'Sum') lines.push(`     -> IsMonotonic: ${data['isMonotonic'] === true}`);
  if (kind !== 'Gauge' && kind !== 'Summary') {
    const temporality = numberIn(data, 'aggregationTemporality');
    lines.push(`     -> AggregationTemporality: ${TEMPORALITIES[temporality] ?? ''}`);
  }
  const title = kind === 'Gauge' || kind === 'Sum' ? 'Number' : kind;
  for (const [pointIndex, point] of messagesIn(data, 'dataPoints').entries()) {
    lines.push(`${title}DataPoints #${pointIndex}`);
    attributeEntries(lines, 'Data point attributes', messagesIn(point, 'attributes'));
    lines.push(
      `StartTimestamp: ${formatTime(bigIn(point, 'startTimeUnixNano'))}`,
      `Timestamp: ${formatTime(bigIn(point, 'timeUnixNano'))}`,
    );
    if (title === 'Number') numberValue(lines, '', point);
    else if (kind === 'Summary') summaryEntries(lines, point);
    else distributionEntries(lines, kind === 'Histogram', point);
  }
}

function numberValue(lines: Lines, indent: string, point: ProtoObject): void {
  const { asInt, asDouble } = point;
  if (typeof asInt === 'bigint') lines.push(`${indent}Value: ${asInt}`);
  else if (typeof asDouble === 'number') lines.push(`${indent}Value: ${formatFixed(asDouble)}`);
  if (indent === '') exemplarEntries(lines, messagesIn(point, 'exemplars'));
}

function distributionEntries(lines: Lines, hasExplicitBounds: boolean, point: ProtoObject): void {
  lines.push(`Count: ${bigIn(point, 'count')}`);
  for (const [name, field] of [
    ['Sum', 'sum'],
    ['Min', 'min'],
    ['Max', 'max'],
  ] as const) {
    const value = point[field];
    if (typeof value === 'number') lines.push(`${name}: ${formatFixed(value)}`);
  }
  if (hasExplicitBounds) {
    for (const [index, bound] of numbersIn(point, 'explicitBounds').entries()) {
      lines.push(`ExplicitBounds #${index}: ${formatFixed(bound)}`);
    }
    for (const [index, count] of bigsIn(point, 'bucketCounts').entries()) {
      lines.push(`Buckets #${index}, Count: ${count}`);
    }
  } else exponentialBuckets(lines, point);
  exemplarEntries(lines, messagesIn(point, 'exemplars'));
}

function exponentialBuckets(lines: Lines, point: ProtoObject): void {
  const factor = Math.LN2 * 2 ** -numberIn(point, 'scale');
  const bound = (index: number, sign = 1): string => formatFixed(sign * Math.exp(index * factor));
  const negative = messageIn(point, 'negative');
  for (const [index, count] of [...bigsIn(negative, 'bucketCounts').entries()].toReversed()) {
    const at = numberIn(negative, 'offset') + index;
    lines.push(`Bucket [${bound(at + 1, -1)}, ${bound(at, -1)}), Count: ${count}`);
  }
  const zero = bigIn(point, 'zeroCount');
  if (zero !== 0n) lines.push(`Bucket [0, 0], Count: ${zero}`);
  const positive = messageIn(point, 'positive');
  for (const [index, count] of bigsIn(positive, 'bucketCounts').entries()) {
    const at = numberIn(positive, 'offset') + index;
    lines.push(`Bucket (${bound(at)}, ${bound(at + 1)}], Count: ${count}`);
  }
}

function summaryEntries(lines: Lines, point: ProtoObject): void {
  lines.push(`Count: ${bigIn(point, 'count')}`, `Sum: ${formatFixed(numberIn(point, 'sum'))}`);
  for (const [index, one] of messagesIn(point, 'quantileValues').entries()) {
    const quantile = formatFixed(numberIn(one, 'quantile'));
    lines.push(`QuantileValue #${index}: Quantile ${quantile}, Value ${formatFixed(numberIn(one, 'value'))}`);
  }
}

function exemplarEntries(lines: Lines, exemplars: readonly ProtoObject[]): void {
  if (exemplars.length === 0) return;
  lines.push('Exemplars:');
  for (const [index, exemplar] of exemplars.entries()) {
    lines.push(
      `Exemplar #${index}`,
      `     -> Trace ID: ${idIn(exemplar, 'traceId')}`,
      `     -> Span ID: ${idIn(exemplar, 'spanId')}`,
      `     -> Timestamp: ${formatTime(bigIn(exemplar, 'timeUnixNano'))}`,
    );
    numberValue(lines, '     -> ', exemplar);
    attributeEntries(lines, '     -> FilteredAttributes', messagesIn(exemplar, 'filteredAttributes'));
  }
}
