// From discovered groups to targets: labels by default, relabelling, checks. The rules are those of PopulateLabels and
// Target.URL of Prometheus v3.14.

import { hash } from 'node:crypto';
import { ADDRESS } from './discovery/config.ts';
import type { Labels, TargetGroup } from './discovery/discovery.ts';
import { formatPrometheusDuration, parsePrometheusDuration } from './durations.ts';
import type { Relabelling } from './relabel.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import { targetUrl } from './target-url.ts';

const INTERVAL = '__scrape_interval__';
const TIMEOUT = '__scrape_timeout__';
const SWITCHES = {
  convertClassicHistogramsToNhcb: '__convert_classic_histograms_to_nhcb__',
  alwaysScrapeClassicHistograms: '__always_scrape_classic_histograms__',
  scrapeNativeHistograms: '__scrape_native_histograms__',
} as const;

export interface ScrapeTarget {
  /** The same for targets with the same labels and URL, and for no others. */
  readonly id: string;
  readonly url: string;
  /** Those that every series of the target gets, by name: without the ones that begin with two underscores. */
  readonly labels: Labels;
  /** Before relabelling. */
  readonly discoveredLabels: Labels;
  /** All labels after relabelling but `__meta_…`. */
  readonly allLabels: Labels;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly convertClassicHistogramsToNhcb: boolean;
  readonly alwaysScrapeClassicHistograms: boolean;
  readonly scrapeNativeHistograms: boolean;
}

export interface TargetsOfGroup {
  readonly targets: readonly ScrapeTarget[];
  /** Why other targets of the group can not be scraped, a sentence each. */
  readonly problems: readonly string[];
  /** How many relabelling dropped. */
  readonly dropped: number;
}

/** The group's targets. `relabelling` is that of `job.relabelConfigs`, compiled. */
export function targetsOf(group: TargetGroup, job: ScrapeConfig, relabelling: Relabelling): TargetsOfGroup {
  const targets: ScrapeTarget[] = [];
  const problems: string[] = [];
  let dropped = 0;
  const defaults = defaultLabels(job);
  for (const own of group.targets) {
    const discovered = discoveredLabels(own, group.labels, defaults);
    const labels = relabelling(discovered);
    if (labels === undefined) {
      dropped += 1;
      continue;
    }
    const target = targetOf(labels, discovered, job);
    if (typeof target !== 'string') targets.push(target);
    else problems.push(`the target ${own.get(ADDRESS) ?? ''} of ${group.source}: ${target}`);
  }
  return { targets, problems, dropped };
}

function discoveredLabels(own: Labels, shared: Labels, defaults: Labels): Map<string, string> {
  const labels = new Map<string, string>();
  for (const [name, value] of own) if (value !== '') labels.set(name, value);
  for (const [name, value] of shared) if (value !== '' && !own.has(name)) labels.set(name, value);
  for (const [name, value] of defaults) if (value !== '' && !labels.has(name)) labels.set(name, value);
  return labels;
}

function defaultLabels(job: ScrapeConfig): Labels {
  const labels = new Map([
    ['job', job.jobName],
    [INTERVAL, formatPrometheusDuration(job.scrapeIntervalMs)],
    [TIMEOUT, formatPrometheusDuration(job.scrapeTimeoutMs)],
    ['__metrics_path__', job.metricsPath],
    ['__scheme__', job.scheme],
    [SWITCHES.convertClassicHistogramsToNhcb, String(job.convertClassicHistogramsToNhcb)],
    [SWITCHES.alwaysScrapeClassicHistograms, String(job.alwaysScrapeClassicHistograms)],
    [SWITCHES.scrapeNativeHistograms, String(job.scrapeNativeHistograms)],
  ]);
  for (const [key, [value]] of job.params) if (value !== undefined) labels.set(`__param_${key}`, value);
  return labels;
}

/** The target, or why it can not be one. */
function targetOf(labels: Map<string, string>, discovered: Labels, job: ScrapeConfig): ScrapeTarget | string {
  const address = labels.get(ADDRESS) ?? '';
  if (address === '') return 'it has no address (__address__ is empty)';
  if (address.includes('/')) {
    return `${JSON.stringify(address)} is not an address; expected host:port, with scheme and path in __scheme__ and __metrics_path__`;
  }
  const intervalMs = timeOf(labels, INTERVAL);
  if (typeof intervalMs === 'string') return intervalMs;
  const timeoutMs = timeOf(labels, TIMEOUT);
  if (typeof timeoutMs === 'string') return timeoutMs;
  if (timeoutMs > intervalMs) {
    return `its ${TIMEOUT} ${labels.get(TIMEOUT) ?? ''} is longer than its ${INTERVAL} ${labels.get(INTERVAL) ?? ''}`;
  }
  for (const name of Object.values(SWITCHES)) {
    const value = labels.get(name);
    if (value !== undefined && truthOf(value) === undefined) {
      return `its ${name} is ${JSON.stringify(value)}; expected true or false`;
    }
  }
  for (const name of labels.keys()) if (name.startsWith('__meta_')) labels.delete(name);
  if (!labels.has('instance')) labels.set('instance', address);
  for (const [name, value] of labels)
    if (!value.isWellFormed()) return `the value of its label ${name} is not valid text`;
  const sorted = [...labels].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const url = targetUrl(labels, job.params);
  if (!/^https?:/.test(url) || !URL.canParse(url)) {
    return `${JSON.stringify(url)} is not a URL that can be scraped; expected http or https in __scheme__ and host:port in __address__`;
  }
  return {
    id: hash('md5', JSON.stringify([url, sorted])),
    url,
    labels: new Map(sorted.filter(([name]) => !name.startsWith('__'))),
    discoveredLabels: discovered,
    allLabels: new Map(sorted),
    intervalMs,
    timeoutMs,
    convertClassicHistogramsToNhcb: switchOf(labels, 'convertClassicHistogramsToNhcb', job),
    alwaysScrapeClassicHistograms: switchOf(labels, 'alwaysScrapeClassicHistograms', job),
    scrapeNativeHistograms: switchOf(labels, 'scrapeNativeHistograms', job),
  };
}

/** Milliseconds, or what is wrong with them. */
function timeOf(labels: Labels, name: string): number | string {
  const text = labels.get(name) ?? '';
  const ms = parsePrometheusDuration(text);
  if (typeof ms !== 'number') return `its ${name} is ${JSON.stringify(text)}, which is not a duration: ${ms.problem}`;
  return ms === 0 ? `its ${name} is 0; expected more` : ms;
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

function truthOf(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

function switchOf(labels: Labels, name: keyof typeof SWITCHES, job: ScrapeConfig): boolean {
  return truthOf(labels.get(SWITCHES[name]) ?? '') ?? job[name];
}
