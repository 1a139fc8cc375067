// Which properties mean something for which signal, as the collector checks them when it builds a pipeline.

import type { MatchProperties } from './schema.ts';

const SPAN_KINDS = [
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_CONSUMER',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_SERVER',
];

type Property = keyof MatchProperties;

const FOREIGN: Readonly<Record<'traces' | 'logs' | 'metrics', readonly Property[]>> = {
  traces: ['log_bodies', 'log_severity_texts', 'log_severity_number', 'metric_names'],
  logs: ['services', 'span_names', 'span_kinds', 'metric_names'],
  metrics: [
    'services',
    'span_names',
    'span_kinds',
    'log_bodies',
    'log_severity_texts',
    'log_severity_number',
    'attributes',
    'libraries',
  ],
};

const NEEDED: Readonly<Record<'traces' | 'logs' | 'metrics', readonly Property[]>> = {
  traces: ['services', 'span_names', 'span_kinds', 'attributes', 'libraries', 'resources'],
  logs: ['attributes', 'libraries', 'resources', 'log_bodies', 'log_severity_texts', 'log_severity_number'],
  metrics: ['metric_names', 'resources'],
};

/** What is wrong with these properties in a pipeline of this signal; undefined where nothing is. */
export function signalProblem(properties: MatchProperties, signal: 'traces' | 'logs' | 'metrics'): string | undefined {
  const isSet = (name: Property): boolean => {
    const value = properties[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  };
  const foreign = FOREIGN[signal].filter(isSet);
  if (foreign.length > 0) return `${foreign.join(', ')} can not be used for ${signal}`;
  if (!NEEDED[signal].some(isSet))
    return `at least one of ${NEEDED[signal].join(', ')} must be specified for ${signal}`;
  if (signal === 'traces' && properties.match_type === 'strict') {
    const wrong = properties.span_kinds.find((kind) => !SPAN_KINDS.includes(kind));
    if (wrong !== undefined) return `"${wrong}" is not one of the span kinds ${SPAN_KINDS.join(', ')}`;
  }
  return undefined;
}
