// The rules of a configuration, by what they drop. Each pass is one walk over the batch.

import { compileConditions, contextOfConditions } from '../../ottl/conditions.ts';
import type { Context } from '../../ottl/contexts.ts';
import type { Tools } from '../../ottl/function.ts';
import type { ViewItem } from '../../ottl/views/item.ts';
import { PropertiesMatcher } from '../../pipeline/match-properties/matcher.ts';
import type { MatchProperties } from '../../pipeline/match-properties/schema.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { SIGNAL_CONTEXTS, type ConditionGroup, type FilterConfig } from './config.ts';
import type { MetricMatch } from './legacy.ts';
import { MetricExpressions } from './metric-expressions.ts';
import { Rule } from './rule.ts';

/** Rules by level: resource, scope, item (span, metric, log record, profile), child (span event, data point). */
export interface Pass {
  readonly resource: readonly Rule[];
  readonly scope: readonly Rule[];
  readonly item: readonly Rule[];
  readonly child: readonly Rule[];
  /** Older matchers, which want to hear of each resource and scope. */
  readonly matchers: readonly PropertiesMatcher[];
}

const LEVELS = ['resource', 'scope', 'item', 'child'] as const;

type Level = (typeof LEVELS)[number];

/** The passes for a signal; none where nothing is to be dropped. */
export function passesOf(config: FilterConfig, signal: Signal, tools: Tools): Pass[] {
  switch (signal) {
    case 'traces': {
      const { traces, spans, trace_conditions: groups } = config;
      if (groups !== undefined && groups.length > 0)
        return groupPasses(groups, 'traces', { config, tools, key: 'trace_conditions' });
      const { resource, span: item, spanevent: child } = traces;
      const names = { resource: 'resource', item: 'span', child: 'spanevent' };
      const pass = explicitPass('traces', { resource, item, child }, { config, tools, names });
      return [pass ?? matcherPass('spans', spans, (matcher, { span }) => matcher.span(span))].filter(isPresent);
    }
    case 'metrics': {
      const { metrics, metric_conditions: groups } = config;
      if (groups !== undefined && groups.length > 0)
        return groupPasses(groups, 'metrics', { config, tools, key: 'metric_conditions' });
      const { resource, metric: item, datapoint: child } = metrics;
      const names = { resource: 'resource', item: 'metric', child: 'datapoint' };
      const pass = explicitPass('metrics', { resource, item, child }, { config, tools, names });
      return [pass ?? metricMatcherPass(metrics, tools.now)].filter(isPresent);
    }
    case 'profiles': {
      const { profiles, profile_conditions: groups } = config;
      if (groups !== undefined && groups.length > 0)
        return groupPasses(groups, 'profiles', { config, tools, key: 'profile_conditions' });
      const { resource, profile: item } = profiles;
      const names = { resource: 'resource', item: 'profile', child: '' };
      return [explicitPass('profiles', { resource, item, child: undefined }, { config, tools, names })].filter(
        isPresent,
      );
    }
    default: {
      const { logs, log_conditions: groups } = config;
      if (groups !== undefined && groups.length > 0)
        return groupPasses(groups, 'logs', { config, tools, key: 'log_conditions' });
      const { resource, log_record: item } = logs;
      const names = { resource: 'resource', item: 'log_record', child: '' };
      const pass = explicitPass('logs', { resource, item, child: undefined }, { config, tools, names });
      return [pass ?? matcherPass('logs', logs, (matcher, { log }) => matcher.logRecord(log))].filter(isPresent);
    }
  }
}

const NOTHING: Pass = { resource: [], scope: [], item: [], child: [], matchers: [] };

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}

type FilteredSignal = keyof typeof SIGNAL_CONTEXTS;

function explicitPass(
  signal: FilteredSignal,
  texts: Readonly<Record<'resource' | 'item' | 'child', readonly string[] | undefined>>,
  {
    config,
    tools,
    names,
  }: { config: FilterConfig; tools: Tools; names: Readonly<Record<'resource' | 'item' | 'child', string>> },
): Pass | undefined {
  const contexts: readonly Context[] = SIGNAL_CONTEXTS[signal];
  const rules = (level: 'resource' | 'item' | 'child'): Rule[] => {
    const context = contexts[LEVELS.indexOf(level)];
    if (context === undefined) return [];
    return (texts[level] ?? []).flatMap((text, index) =>
      compileConditions([text], context, tools).map(
        (test) => new Rule(`${signal}.${names[level]}[${index}]`, text, config.error_mode, test),
      ),
    );
  };
  const pass = { ...NOTHING, resource: rules('resource'), item: rules('item'), child: rules('child') };
  return pass.resource.length + pass.item.length + pass.child.length === 0 ? undefined : pass;
}

function groupPasses(
  groups: readonly ConditionGroup[],
  signal: FilteredSignal,
  { config, tools, key }: { config: FilterConfig; tools: Tools; key: string },
): Pass[] {
  const contexts: readonly Context[] = SIGNAL_CONTEXTS[signal];
  const isFlat = groups.length === 1 && groups[0]?.context === undefined;
  return groups.flatMap(({ conditions, context, error_mode: mode }, group): Pass[] => {
    if (conditions.length === 0) return [];
    const prefix = isFlat ? key : `${key}[${group}].conditions`;
    const pass: Record<Level, Rule[]> = { resource: [], scope: [], item: [], child: [] };
    for (const [index, text] of conditions.entries()) {
      // Each condition has the context of its own paths, as in the collector.
      const found = context ?? contextOfConditions([text], contexts);
      const level = LEVELS[contexts.indexOf(found)];
      if (level === undefined) continue;
      for (const test of compileConditions([text], found, tools)) {
        pass[level].push(new Rule(`${prefix}[${index}]`, text, mode ?? config.error_mode, test));
      }
    }
    return [{ ...NOTHING, ...pass }];
  });
}

interface Selection {
  readonly include?: MatchProperties | undefined;
  readonly exclude?: MatchProperties | undefined;
}

type MatchItem = (matcher: PropertiesMatcher, item: ViewItem) => boolean;

function matcherPass(key: string, { include, exclude }: Selection, matches: MatchItem): Pass | undefined {
  const item: Rule[] = [];
  const matchers: PropertiesMatcher[] = [];
  if (include !== undefined) {
    const matcher = new PropertiesMatcher(include);
    matchers.push(matcher);
    item.push(new Rule(`${key}.include`, 'it is not included', 'silent', (view) => !matches(matcher, view)));
  }
  if (exclude !== undefined) {
    const matcher = new PropertiesMatcher(exclude);
    matchers.push(matcher);
    item.push(new Rule(`${key}.exclude`, 'it is excluded', 'silent', (view) => matches(matcher, view)));
  }
  return item.length === 0 ? undefined : { ...NOTHING, item, matchers };
}

interface MetricSelection {
  readonly include?: MetricMatch | undefined;
  readonly exclude?: MetricMatch | undefined;
}

/** Metrics are chosen by name or by expressions, and by the attributes of their resource, each where it is given. */
function metricMatcherPass(selection: MetricSelection, now: () => number): Pass | undefined {
  const { include, exclude } = selection;
  const names = matcherPass('metrics', { include: byName(include), exclude: byName(exclude) }, (matcher, { metric }) =>
    matcher.metric(metric),
  );
  const resources = matcherPass('metrics', { include: byResource(include), exclude: byResource(exclude) }, (matcher) =>
    matcher.resource(),
  );
  const item = [...(names?.item ?? []), ...expressionRules(selection, now)];
  if (item.length === 0 && resources === undefined) return undefined;
  return { ...NOTHING, item, resource: resources?.item ?? [], matchers: resources?.matchers ?? [] };
}

/** As in the collector, no error_mode is for expressions: where one fails, the batch is refused. */
function expressionRules({ include, exclude }: MetricSelection, now: () => number): Rule[] {
  const rules: Rule[] = [];
  if (include !== undefined && include.expressions.length > 0) {
    const wanted = new MetricExpressions(include.expressions, now);
    const test = ({ metric }: ViewItem): boolean => !wanted.matches(metric);
    rules.push(new Rule('metrics.include', 'it is not included', 'propagate', test));
  }
  if (exclude !== undefined && exclude.expressions.length > 0) {
    const unwanted = new MetricExpressions(exclude.expressions, now);
    const test = ({ metric }: ViewItem): boolean => unwanted.matches(metric);
    rules.push(new Rule('metrics.exclude', 'it is excluded', 'propagate', test));
  }
  return rules;
}

function byName(one: MatchProperties | undefined): MatchProperties | undefined {
  return one === undefined || one.metric_names.length === 0 ? undefined : { ...one, resources: [] };
}

function byResource(one: MatchProperties | undefined): MatchProperties | undefined {
  return one === undefined || one.resources.length === 0 ? undefined : one;
}
