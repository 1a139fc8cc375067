// How names are translated: the strategies of the collector's exporters of Prometheus' kind, applied to metrics.

import { METRIC, type MetricView } from '../../proto/otlp/metrics.ts';
import { labelName, metricName, type NamingRules } from '../../proto/prometheus/names.ts';

/** `translation_strategy`; '' is unset. */
export const STRATEGIES = [
  '',
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
] as const;

export type Strategy = (typeof STRATEGIES)[number];

/** `unsetHasSuffixes`: whether an unset strategy adds units and types. */
export function namingRules(strategy: Strategy, namespace: string, unsetHasSuffixes = true): NamingRules {
  const utf8 = strategy === 'NoTranslation' || strategy === 'NoUTF8EscapingWithSuffixes';
  const suffixes = strategy === '' ? unsetHasSuffixes : strategy.endsWith('WithSuffixes');
  return { namespace, suffixes, utf8 };
}

/** The metric's name for Prometheus; undefined where nothing is left of it. */
export function prometheusName(metric: MetricView, rules: NamingRules): string | undefined {
  const { type } = metric;
  const kind = metric.isMonotonic ? 'counter' : type === METRIC.gauge ? 'gauge' : 'other';
  const name = metricName({ name: metric.name, unit: metric.unit, kind }, rules);
  return name?.isWellFormed() === true ? name : undefined;
}

/** What the series that says a resource's attributes is called. */
export function targetInfoName({ namespace, utf8 }: NamingRules): string {
  const prefix = namespace === '' ? undefined : labelName(namespace, utf8);
  return prefix === undefined ? 'target_info' : `${prefix}_target_info`;
}
