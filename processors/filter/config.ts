// The filter processor's configuration: the collector's keys and defaults, every condition compiled once to check it.

import { z } from 'zod';
import { compileConditions, contextOfConditions } from '../../ottl/conditions.ts';
import type { Context } from '../../ottl/contexts.ts';
import { AgentError } from '../../pipeline/errors.ts';
import { matchProperties } from '../../pipeline/match-properties/schema.ts';
import { logMatch, metricMatch } from './legacy.ts';

const errorMode = z.enum(['ignore', 'silent', 'propagate']);

/** What the signals' items lie in, from the outside to the inside. */
export const SIGNAL_CONTEXTS = {
  traces: ['resource', 'scope', 'span', 'spanevent'],
  metrics: ['resource', 'scope', 'metric', 'datapoint'],
  logs: ['resource', 'scope', 'log'],
  profiles: ['resource', 'scope', 'profile'],
} as const satisfies Readonly<Record<string, readonly Context[]>>;

const checkTools = { now: () => 0, random: () => 0 };

function conditions(context: Context, what: string) {
  return z
    .array(z.string())
    .superRefine((texts, issues) => {
      for (const [index, text] of texts.entries())
        check(issues, [index], () => compileConditions([text], context, checkTools));
    })
    .optional()
    .describe(`OTTL conditions; where one is true ${what} is dropped.`);
}

function inferred(signal: keyof typeof SIGNAL_CONTEXTS, what: string) {
  const contexts: readonly Context[] = SIGNAL_CONTEXTS[signal];
  const group = z.strictObject({
    context: z
      .preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), z.enum(SIGNAL_CONTEXTS[signal]))
      .optional()
      .describe('The context; found from the paths where unset.'),
    conditions: z.array(z.string()).default([]).describe('OTTL conditions; any that is true drops.'),
    error_mode: errorMode.optional().describe('For these conditions alone.'),
  });
  return z
    .union([z.array(z.string()), z.array(group)])
    .transform((value) => {
      const texts = value.filter((one) => typeof one === 'string');
      return texts.length > 0 ? [{ conditions: texts }] : value.filter((one) => typeof one !== 'string');
    })
    .superRefine((groups: readonly ConditionGroup[], issues) => {
      for (const [index, { context, conditions: texts }] of groups.entries()) {
        for (const text of texts) {
          check(issues, [index], () =>
            compileConditions([text], context ?? contextOfConditions([text], contexts), checkTools),
          );
        }
      }
    })
    .optional()
    .describe(`OTTL conditions that name their context in each path; where one is true ${what} is dropped.`);
}

/** Conditions of one context. */
export interface ConditionGroup {
  readonly context?: Context | undefined;
  readonly conditions: readonly string[];
  readonly error_mode?: ErrorMode | undefined;
}

export const config = z
  .strictObject({
    error_mode: errorMode
      .default('ignore')
      .describe(
        'Where a condition fails for an item: ignore (logged, counts as false), silent, propagate (the batch is refused).',
      ),
    traces: z
      .strictObject({
        resource: conditions('resource', 'the whole resource'),
        span: conditions('span', 'the span'),
        spanevent: conditions('spanevent', 'the span event'),
      })
      .prefault({})
      .describe('Conditions for traces.'),
    metrics: z
      .strictObject({
        resource: conditions('resource', 'the whole resource'),
        metric: conditions('metric', 'the metric'),
        datapoint: conditions('datapoint', 'the data point'),
        include: metricMatch.describe('Older: keep only these metrics.'),
        exclude: metricMatch.describe('Older: drop these metrics.'),
        regexp: z.unknown().optional().describe('Taken for compatibility, without effect.'),
      })
      .prefault({})
      .describe('Conditions for metrics.'),
    logs: z
      .strictObject({
        resource: conditions('resource', 'the whole resource'),
        log_record: conditions('log', 'the log record'),
        include: logMatch.describe('Older: keep only these records.'),
        exclude: logMatch.describe('Older: drop these records.'),
      })
      .prefault({})
      .describe('Conditions for logs.'),
    profiles: z
      .strictObject({
        resource: conditions('resource', 'the whole resource'),
        profile: conditions('profile', 'the profile'),
      })
      .prefault({})
      .describe('Conditions for profiles.'),
    spans: z
      .strictObject({
        include: matchProperties.describe('Older: keep only these spans.'),
        exclude: matchProperties.describe('Older: drop these spans.'),
      })
      .prefault({})
      .describe('Older way to choose spans.'),
    trace_conditions: inferred('traces', 'the resource, scope, span or span event'),
    metric_conditions: inferred('metrics', 'the resource, scope, metric or data point'),
    log_conditions: inferred('logs', 'the resource, scope or log record'),
    profile_conditions: inferred('profiles', 'the resource, scope or profile'),
  })
  .superRefine((settings, issues) => {
    const { traces, metrics, logs, profiles, spans } = settings;
    const refuse = (path: string, message: string): void => issues.addIssue({ code: 'custom', path: [path], message });
    const hasTraces = isSet(traces.resource, traces.span, traces.spanevent);
    const hasMetrics = isSet(metrics.resource, metrics.metric, metrics.datapoint);
    const hasLogs = isSet(logs.resource, logs.log_record);
    const hasProfiles = isSet(profiles.resource, profiles.profile);
    const matchesMetrics = isSet(metrics.include, metrics.exclude);
    const matchesLogs = isSet(logs.include, logs.exclude);
    if (hasTraces && isSet(spans.include, spans.exclude)) refuse('spans', 'spans and traces can not be used together');
    if (hasMetrics && matchesMetrics) refuse('metrics', 'include and exclude can not be used with conditions');
    if (hasLogs && matchesLogs) refuse('logs', 'include and exclude can not be used with conditions');
    if (isSet(settings.trace_conditions) && hasTraces) refuse('trace_conditions', 'can not be used with traces');
    if (isSet(settings.metric_conditions) && (hasMetrics || matchesMetrics)) {
      refuse('metric_conditions', 'can not be used with metrics');
    }
    if (isSet(settings.log_conditions) && (hasLogs || matchesLogs))
      refuse('log_conditions', 'can not be used with logs');
    if (isSet(settings.profile_conditions) && hasProfiles)
      refuse('profile_conditions', 'can not be used with profiles');
  });

export type FilterConfig = z.output<typeof config>;
export type ErrorMode = z.output<typeof errorMode>;

function isSet(...values: readonly unknown[]): boolean {
  return values.some((value) => value !== undefined);
}

/** Reports what `compile` throws as an issue of the configuration. */
function check(issues: z.core.$RefinementCtx, path: PropertyKey[], compile: () => unknown): void {
  try {
    compile();
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const mend = error.mend === undefined ? '' : `; ${error.mend}`;
    issues.addIssue({ code: 'custom', path, message: error.message + mend });
  }
}
