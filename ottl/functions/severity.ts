// ParseSeverity: log levels by the texts and ranges of numbers that stand for them.

import type { Converter } from '../function.ts';
import { OttlEvaluationError, typeName, type OttlValue } from '../value.ts';
import { listOf, mapOf, textOf } from './arguments.ts';

const HTTP_RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  '2xx': [200n, 299n],
  '3xx': [300n, 399n],
  '4xx': [400n, 499n],
  '5xx': [500n, 599n],
};

interface Criterion {
  readonly level: string;
  readonly texts: readonly string[];
  readonly range: readonly [bigint, bigint] | undefined;
}

export const PARSE_SEVERITY: Converter = {
  params: ['target', 'mapping'],
  prepare([, mapping]) {
    let criteria: readonly Criterion[];
    try {
      if (mapping === undefined) throw new OttlEvaluationError('severity mapping must be a literal map');
      criteria = criteriaOf(mapping);
    } catch (error) {
      if (!(error instanceof OttlEvaluationError)) throw error;
      // As in the collector a wrong mapping fails for every item, not the configuration.
      return () => {
        throw new OttlEvaluationError(error.message);
      };
    }
    return ([value = null]) => levelOf(value, criteria);
  },
};

function levelOf(value: OttlValue, criteria: readonly Criterion[]): string {
  if (typeof value !== 'string' && typeof value !== 'bigint') {
    throw new OttlEvaluationError(`could not map log level: unsupported value type: ${typeName(value)}`);
  }
  for (const { level, texts, range } of criteria) {
    if (typeof value === 'string' ? texts.includes(value) : range && value >= range[0] && value <= range[1])
      return level;
  }
  throw new OttlEvaluationError(`could not map log level: no matching log level found for value '${value}'`);
}

function criteriaOf(mapping: OttlValue): readonly Criterion[] {
  return [...mapOf(mapping)].flatMap(([level, list]) =>
    listOf(list).map((entry) => {
      const criterion = mapOf(entry);
      const equals = criterion.get('equals') ?? [];
      return { level, texts: listOf(equals).map(textOf), range: rangeOf(criterion.get('range')) };
    }),
  );
}

function rangeOf(range: OttlValue | undefined): Criterion['range'] {
  if (range === undefined) return undefined;
  if (typeof range === 'string') {
    const known = Object.hasOwn(HTTP_RANGES, range) ? HTTP_RANGES[range] : undefined;
    if (known === undefined) throw new OttlEvaluationError(`unknown range placeholder: ${range}`);
    return known;
  }
  const min = mapOf(range).get('min');
  const max = mapOf(range).get('max');
  if (typeof min !== 'bigint' || typeof max !== 'bigint') {
    throw new OttlEvaluationError('range must have a min and a max, both integers');
  }
  return [min, max];
}
