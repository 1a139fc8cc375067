// The count connector's configuration: the collector's keys and defaults, every condition compiled once to check it.

import { z } from 'zod';
import { compileConditions } from '../../ottl/conditions.ts';
import type { Context } from '../../ottl/contexts.ts';
import { AgentError } from '../../pipeline/errors.ts';
import { anyValue } from '../../pipeline/schema.ts';

const attribute = z.strictObject({
  key: z.string().min(1).describe('The attribute to count by: of the item, else its scope, else its resource.'),
  default_value: anyValue().optional().describe('Its value where it is absent; unset: such items are not counted.'),
});

const metric = z.strictObject({
  description: z.string().default('').describe('The description of the metric.'),
  conditions: z.array(z.string()).default([]).describe('OTTL conditions; any that is true counts. None: all count.'),
  attributes: z.array(attribute).default([]).describe('Attributes to count by.'),
});

/** What makes one metric. */
export type CountedMetric = z.output<typeof metric>;

function metrics(context: Context, standard: Readonly<Record<string, string>>) {
  return z
    .record(
      z.string().min(1),
      metric.nullable().transform((value) => value ?? metric.parse({})),
    )
    .nullish()
    .transform((given) => {
      if (given && Object.keys(given).length > 0) return given;
      return Object.fromEntries(
        Object.entries(standard).map(([name, description]) => [name, metric.parse({ description })]),
      );
    })
    .superRefine((all, issues) => {
      for (const [name, { conditions, attributes }] of Object.entries(all)) {
        if (context === 'metric' && attributes.length > 0) {
          issues.addIssue({
            code: 'custom',
            path: [name, 'attributes'],
            message: 'metrics can not be counted by attributes',
          });
        }
        for (const [index, text] of conditions.entries()) {
          const problem = problemOf(text, context);
          if (problem !== undefined) {
            issues.addIssue({ code: 'custom', path: [name, 'conditions', index], message: problem });
          }
        }
      }
    })
    .describe('Name of the metric and what it counts; without any there is one that counts all.');
}

function problemOf(text: string, context: Context): string | undefined {
  try {
    compileConditions([text], context, { now: () => 0, random: () => 0 });
    return undefined;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return error.mend === undefined ? error.message : `${error.message}; ${error.mend}`;
  }
}

export const config = z.strictObject({
  spans: metrics('span', { 'trace.span.count': 'The number of spans observed.' }),
  spanevents: metrics('spanevent', { 'trace.span.event.count': 'The number of span events observed.' }),
  metrics: metrics('metric', { 'metric.count': 'The number of metrics observed.' }),
  datapoints: metrics('datapoint', { 'metric.datapoint.count': 'The number of data points observed.' }),
  logs: metrics('log', { 'log.record.count': 'The number of log records observed.' }),
  profiles: metrics('profile', { 'profile.count': 'The number of profiles observed.' }),
});

export type CountConfig = z.output<typeof config>;
