// The keys of the kinds of service discovery that are built here, as Prometheus v3.14 has them.

import { z } from 'zod';
import { checkHttp, httpSettings, httpShape } from '../http-settings.ts';
import { isLabelName } from '../label-names.ts';
import { prometheusDuration } from '../durations.ts';
import { text, texts } from '../yaml-values.ts';
import type { DnsDiscoveryConfig, FileDiscoveryConfig, HttpDiscoveryConfig, TargetGroup } from './discovery.ts';

/** Where a target is, before relabelling. */
export const ADDRESS = '__address__';

const targetLabels = z
  .preprocess((value) => (value === null ? {} : value), z.record(z.string(), text()))
  .superRefine((labels, context) => {
    for (const [name, value] of Object.entries(labels)) {
      if (!isLabelName(name, 'utf8')) {
        context.addIssue({ code: 'custom', path: [name], message: `${JSON.stringify(name)} is not a label name` });
      }
      if (!value.isWellFormed()) {
        context.addIssue({ code: 'custom', path: [name], message: `the value of ${name} is not valid text` });
      }
    }
  });

/** A group as it is written in `static_configs`, in a file, and in the answer of http_sd. */
export const targetGroupKeys = z.strictObject({
  targets: texts().prefault([]).describe('Addresses, host:port.'),
  labels: targetLabels.prefault({}).describe('Labels of all of them.'),
});

export function targetGroup(
  keys: z.output<typeof targetGroupKeys>,
  source: string,
  more: readonly (readonly [string, string])[] = [],
): TargetGroup {
  return {
    source,
    targets: keys.targets.map((address) => new Map([[ADDRESS, address]])),
    labels: new Map([...Object.entries(keys.labels), ...more]),
  };
}

const FILE_NAME = /^[^*]*(?:\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/;

function refreshInterval(fallback: string) {
  return prometheusDuration()
    .prefault(fallback)
    .refine((ms) => ms > 0, 'must be longer than 0');
}

export const fileDiscovery = z.strictObject({
  files: texts()
    .prefault([])
    .refine((files) => files.length > 0, 'needs at least one path')
    .superRefine((files, context) => {
      for (const [index, file] of files.entries()) {
        if (FILE_NAME.test(file)) continue;
        context.addIssue({
          code: 'custom',
          path: [index],
          message: `${JSON.stringify(file)} can not be used: expected a path that ends in .json, .yml or .yaml, with a * in its last part at most`,
        });
      }
    })
    .describe('Paths of JSON or YAML files with target groups; a * may stand in the last part.'),
  refresh_interval: refreshInterval('5m').describe('Files are read when they change, and after this in any case.'),
});

export function fileDiscoveryConfig(keys: z.output<typeof fileDiscovery>): FileDiscoveryConfig {
  return { kind: 'file', files: keys.files, refreshIntervalMs: keys.refresh_interval };
}

export const httpDiscovery = z
  .strictObject({
    url: text()
      .prefault('')
      .superRefine((url, context) => {
        const message = urlProblem(url);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .describe('Where the target groups are fetched as JSON.'),
    refresh_interval: refreshInterval('60s').describe('How often; also how long an answer may take.'),
    ...httpShape,
  })
  .superRefine(checkHttp);

function urlProblem(url: string): string | undefined {
  if (url === '') return 'the URL is missing';
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') {
    return `${JSON.stringify(url)} has no scheme that can be used; expected http:// or https:// in front`;
  }
  if (!/^https?:\/\/[^/?#]/i.test(url)) return `${JSON.stringify(url)} names no host`;
  return URL.canParse(url) ? undefined : `${JSON.stringify(url)} is not a URL`;
}

export function httpDiscoveryConfig(keys: z.output<typeof httpDiscovery>): HttpDiscoveryConfig {
  return { kind: 'http', url: keys.url, refreshIntervalMs: keys.refresh_interval, http: httpSettings(keys) };
}

const RECORD_TYPES = ['A', 'AAAA', 'SRV', 'MX', 'NS'] as const;

export const dnsDiscovery = z
  .strictObject({
    names: texts()
      .prefault([])
      .refine((names) => names.length > 0, 'needs at least one name')
      .describe('Names to ask for.'),
    type: text()
      .prefault('SRV')
      .transform((value, context) => {
        const found = RECORD_TYPES.find((type) => type === value.toUpperCase());
        if (found) return found;
        context.issues.push({
          code: 'custom',
          input: value,
          message: `${JSON.stringify(value)} is not a type of record that can be asked for; expected one of ${RECORD_TYPES.join(', ')}`,
        });
        return z.NEVER;
      })
      .describe(`The type of record: ${RECORD_TYPES.join(', ')}.`),
    port: z
      .preprocess((value) => (value === null ? 0 : value), z.int().max(65_535))
      .prefault(0)
      .describe('The port of the targets; SRV records have their own.'),
    refresh_interval: refreshInterval('30s').describe('How often.'),
  })
  .superRefine(({ type, port }, context) => {
    if (type === 'SRV' || port !== 0) return;
    context.addIssue({ code: 'custom', path: ['port'], message: `records of type ${type} hold no port: give one` });
  });

export function dnsDiscoveryConfig(keys: z.output<typeof dnsDiscovery>): DnsDiscoveryConfig {
  const { names, type, port } = keys;
  return { kind: 'dns', names, type, port, refreshIntervalMs: keys.refresh_interval };
}
