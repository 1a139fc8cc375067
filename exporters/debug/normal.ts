// Verbosity `normal`: about one line per item, as the collector's debug exporter prints it.

import type { Signal } from '../../pipeline/signal.ts';
import type { ProtoObject } from '../../proto/objects.ts';
import { formatFixed, formatShortest } from './go-format.ts';
import {
  bigIn,
  bigsIn,
  idIn,
  messageIn,
  messagesIn,
  numberIn,
  numbersIn,
  textIn,
  textsIn,
  valueText,
} from './values.ts';

interface Words {
  readonly resources: string;
  readonly resource: string;
  readonly scopes: string;
  readonly scope: string;
}

const WORDS: Readonly<Record<Signal, Words>> = {
  traces: { resources: 'resourceSpans', resource: 'ResourceTraces', scopes: 'scopeSpans', scope: 'ScopeTraces' },
  metrics: { resources: 'resourceMetrics', resource: 'ResourceMetrics', scopes: 'scopeMetrics', scope: 'ScopeMetrics' },
  logs: { resources: 'resourceLogs', resource: 'ResourceLog', scopes: 'scopeLogs', scope: 'ScopeLog' },
  profiles: {
    resources: 'resourceProfiles',
    resource: 'ResourceProfiles',
    scopes: 'scopeProfiles',
    scope: 'ScopeProfiles',
  },
};

export function normalText(signal: Signal, request: ProtoObject): string {
  const words = WORDS[signal];
  const dictionary = messageIn(request, 'dictionary');
  let text = '';
  for (const [index, group] of messagesIn(request, words.resources).entries()) {
    const schema = textIn(group, 'schemaUrl');
    const attributes = spaced(attributePairs(messageIn(group, 'resource')));
    text += `${words.resource} #${index}${schema === '' ? '' : ` [${schema}]`}${attributes}\n`;
    for (const [scopeIndex, scopeGroup] of messagesIn(group, words.scopes).entries()) {
      const scope = messageIn(scopeGroup, 'scope');
      const title = scopeTitle(scope, textIn(scopeGroup, 'schemaUrl'));
      text += `${words.scope} #${scopeIndex}${title}${spaced(attributePairs(scope))}\n`;
      text += itemLines(signal, scopeGroup, dictionary);
    }
  }
  return text;
}

function itemLines(signal: Signal, scopeGroup: ProtoObject, dictionary: ProtoObject): string {
  switch (signal) {
    case 'traces':
      return messagesIn(scopeGroup, 'spans').map(spanLine).join('');
    case 'metrics':
      return messagesIn(scopeGroup, 'metrics').map(metricLines).join('');
    case 'logs':
      return messagesIn(scopeGroup, 'logRecords').map(logLine).join('');
    default:
      return messagesIn(scopeGroup, 'profiles')
        .map((profile) => profileLine(profile, dictionary))
        .join('');
  }
}

function attributePairs(holder: ProtoObject, field = 'attributes'): string[] {
  return messagesIn(holder, field).map((one) => `${textIn(one, 'key')}=${valueText(messageIn(one, 'value'))}`);
}

function spaced(pairs: readonly string[]): string {
  return pairs.length === 0 ? '' : ` ${pairs.join(' ')}`;
}

function scopeTitle(scope: ProtoObject, schema: string): string {
  const version = textIn(scope, 'version');
  const name = `${textIn(scope, 'name')}${version === '' ? '' : `@${version}`}`;
  const parts = [name, schema === '' ? '' : `[${schema}]`].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` ${parts.join(' ')}`;
}

function spanLine(span: ProtoObject): string {
  return `${textIn(span, 'name')} ${idIn(span, 'traceId')} ${idIn(span, 'spanId')}${spaced(attributePairs(span))}\n`;
}

function logLine(record: ProtoObject): string {
  return `${valueText(messageIn(record, 'body'))} ${attributePairs(record).join(' ')}\n`;
}

function metricLines(metric: ProtoObject): string {
  const name = textIn(metric, 'name');
  const line = (point: ProtoObject, value: string): string => `${name}{${attributePairs(point).join(',')}} ${value}\n`;
  const lines = (kind: string, value: (point: ProtoObject) => string): string =>
    messagesIn(messageIn(metric, kind), 'dataPoints')
      .map((point) => line(point, value(point)))
      .join('');
  return (
    lines('gauge', numberValue) +
    lines('sum', numberValue) +
    lines('histogram', histogramValue) +
    lines('exponentialHistogram', exponentialValue) +
    lines('summary', summaryValue)
  );
}

function numberValue(point: ProtoObject): string {
  const { asInt, asDouble } = point;
  if (typeof asInt === 'bigint') return asInt.toString();
  return typeof asDouble === 'number' ? formatShortest(asDouble) : '';
}

function countSumMinMax(point: ProtoObject): string {
  let text = `count=${bigIn(point, 'count')}`;
  for (const name of ['sum', 'min', 'max']) {
    const value = point[name];
    if (typeof value === 'number') text += ` ${name}=${formatShortest(value)}`;
  }
  return text;
}

function histogramValue(point: ProtoObject): string {
  const bounds = numbersIn(point, 'explicitBounds');
  const buckets = bigsIn(point, 'bucketCounts').map((count, index) => {
    const bound = bounds[index];
    return ` ${bound === undefined ? '' : `le${formatShortest(bound)}=`}${count}`;
  });
  return countSumMinMax(point) + buckets.join('');
}

function exponentialValue(point: ProtoObject): string {
  const factor = Math.LN2 * 2 ** -numberIn(point, 'scale');
  const bound = (index: number): number => Math.exp(index * factor);
  const negative = messageIn(point, 'negative');
  const positive = messageIn(point, 'positive');
  let text = countSumMinMax(point);
  for (const [index, count] of [...bigsIn(negative, 'bucketCounts').entries()].toReversed()) {
    text += ` le${formatShortest(-bound(numberIn(negative, 'offset') + index))}=${count}`;
  }
  const zero = bigIn(point, 'zeroCount');
  if (zero !== 0n) text += ` zero=${zero}`;
  for (const [index, count] of bigsIn(positive, 'bucketCounts').entries()) {
    text += ` le${formatShortest(bound(numberIn(positive, 'offset') + index + 1))}=${count}`;
  }
  return text;
}

function summaryValue(point: ProtoObject): string {
  const quantiles = messagesIn(point, 'quantileValues').map(
    (one) => ` q${formatShortest(numberIn(one, 'quantile'))}=${formatShortest(numberIn(one, 'value'))}`,
  );
  return `count=${bigIn(point, 'count')} sum=${formatFixed(numberIn(point, 'sum'))}${quantiles.join('')}`;
}

function profileLine(profile: ProtoObject, dictionary: ProtoObject): string {
  const samples = messagesIn(profile, 'samples').length;
  const attributes = numbersIn(profile, 'attributeIndices').map((index) => {
    const attribute = dictionaryAttribute(dictionary, index);
    return typeof attribute === 'string' ? attribute : `${attribute.key}=${valueText(attribute.value)}`;
  });
  return `${idIn(profile, 'profileId')} samples=${samples}${spaced(attributes)}\n`;
}

/** An attribute of a profile; where the dictionary has none, the collector's words for that. */
export function dictionaryAttribute(
  dictionary: ProtoObject,
  index: number,
): string | { readonly key: string; readonly value: ProtoObject } {
  const attribute = messagesIn(dictionary, 'attributeTable')[index];
  if (!attribute) return `[Missing Dictionary AttributeTable Item #${index}]`;
  const keyIndex = numberIn(attribute, 'keyStrindex');
  const key = textsIn(dictionary, 'stringTable')[keyIndex] ?? `[Missing Dictionary Key String Item #${keyIndex}]`;
  return { key, value: messageIn(attribute, 'value') };
}
