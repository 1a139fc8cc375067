// Names of OpenTelemetry as names of Prometheus: the four translation strategies of prometheus/otlptranslator v1.0.0
// (Apache-2.0), whose rules are OpenTelemetry's Prometheus compatibility specification.

import { unitSuffixes } from './units.ts';

export interface NamingRules {
  readonly namespace: string;
  /** Units and `_total` or `_ratio` at the end. */
  readonly suffixes: boolean;
  /** Names stay as they are, in place of underscores for what Prometheus did not always allow. */
  readonly utf8: boolean;
}

export interface NamedMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'counter' | 'gauge' | 'other';
}

const INVALID = /[^a-zA-Z0-9:]+/g;
const INVALID_BUT_UNDERSCORE = /[^a-zA-Z0-9:_]+/;
const ONLY_UNDERSCORES = /^_*$/;

/** The metric's name; undefined where nothing is left of it. */
export function metricName(metric: NamedMetric, rules: NamingRules): string | undefined {
  if (rules.utf8) return utf8Name(metric, rules) || undefined;
  const name = rules.suffixes ? nameWithSuffixes(metric, rules.namespace) : plainName(metric.name, rules.namespace);
  // A name of underscores alone passes only where it came as that.
  if (name === '' || (name !== metric.name && ONLY_UNDERSCORES.test(name))) return undefined;
  return name;
}

/** The attribute's label name; undefined where nothing is left of it. */
export function labelName(attribute: string, utf8: boolean): string | undefined {
  if (utf8) return ONLY_UNDERSCORES.test(attribute) ? undefined : attribute;
  if (attribute === '') return undefined;
  const isReserved = attribute.length >= 4 && attribute.startsWith('__') && attribute.endsWith('__');
  const inner = (isReserved ? attribute.slice(2, -2) : attribute).replaceAll(/[^a-zA-Z0-9]+/g, '_');
  let name = isReserved ? `__${inner}__` : inner;
  if (startsWithDigit(name)) name = `key_${name}`;
  else if (name.startsWith('_') && !name.startsWith('__')) name = `key${name}`;
  return ONLY_UNDERSCORES.test(name) ? undefined : name;
}

/** The unit as metadata has it: `meters_per_second`; '' for none. */
export function unitName(unit: string, utf8: boolean): string {
  const { main, per } = unitSuffixes(unit);
  const parts = utf8 ? [main, per] : [cleanUnit(main), cleanUnit(per)];
  return parts
    .filter((part) => part !== '')
    .join('_')
    .replace(/^_/, '')
    .replace(/_$/, '');
}

function nameWithSuffixes({ name, unit, kind }: NamedMetric, namespace: string): string {
  const suffixes = unitSuffixes(unit);
  let tokens = withUnit(tokensOf(name, INVALID), cleanUnit(suffixes.main), cleanUnit(suffixes.per));
  if (kind === 'counter') tokens = [...tokens.filter((token) => token !== 'total'), 'total'];
  if (kind === 'gauge' && unit === '1') tokens = [...tokens.filter((token) => token !== 'ratio'), 'ratio'];
  if (namespace !== '') tokens.unshift(namespace);
  const joined = tokens.join('_');
  return startsWithDigit(joined) ? `_${joined}` : joined;
}

function withUnit(tokens: readonly string[], main: string, per: string): string[] {
  let mainUnit = tokens.includes(main) ? '' : main;
  let perUnit = per === 'per_' ? '' : per.replace(/_$/, '');
  if (tokens.includes(perUnit)) perUnit = '';
  if (perUnit !== '') mainUnit = mainUnit.replace(/_$/, '');
  return [...tokens, mainUnit, perUnit].filter((token, index) => index < tokens.length || token !== '');
}

function cleanUnit(unit: string): string {
  return unit.replaceAll(INVALID, '_').replace(/^_/, '');
}

/** Runs of characters that a name can not have become one underscore; underscores of its own stay. */
function plainName(name: string, namespace: string): string {
  const metric = tokensOf(name, INVALID_BUT_UNDERSCORE).join('_');
  if (namespace !== '') return `${tokensOf(namespace, INVALID_BUT_UNDERSCORE).join('_')}_${metric}`;
  return startsWithDigit(metric) ? `_${metric}` : metric;
}

function tokensOf(name: string, separator: RegExp): string[] {
  return name.split(separator).filter((token) => token !== '');
}

function utf8Name({ name, unit, kind }: NamedMetric, { namespace, suffixes }: NamingRules): string {
  let full = namespace === '' ? name : `${namespace}_${name}`;
  if (!suffixes) return full;
  const { main, per } = unitSuffixes(unit);
  let end = '';
  if (unit === '1' && kind === 'gauge') {
    full = withoutSuffix(full, 'ratio');
    end = '_ratio';
  }
  if (kind === 'counter') {
    full = withoutSuffix(full, 'total');
    end = '_total';
  }
  if (per !== '') full = withoutSuffix(full, per);
  // The main unit is innermost: it is only ever added.
  if (main !== '' && !full.endsWith(main)) full += `_${main}`;
  return full + (per === '' ? '' : `_${per}`) + end;
}

/** Cuts off the suffix and the character before it, whatever that is. */
function withoutSuffix(name: string, suffix: string): string {
  const isLonger = Buffer.byteLength(name) > suffix.length + 1;
  return name.endsWith(suffix) && isLonger ? name.slice(0, -(suffix.length + 1)) : name;
}

function startsWithDigit(text: string): boolean {
  const first = text.charCodeAt(0);
  return first >= 0x30 && first <= 0x39;
}

/** The way back: the name without `_total`, for sums, and without its unit, in words (the collector's TrimPromSuffixes). */
export function withoutSuffixes(name: string, isSum: boolean, unit: string): string {
  let tokens = name.split('_');
  if (tokens.length === 1) return name;
  if (isSum && tokens.at(-1) === 'total') tokens = tokens.slice(0, -1);
  const units = unit.split('_');
  if (tokens.length > units.length && tokens.slice(-units.length).join('_') === unit) {
    tokens = tokens.slice(0, -units.length);
  }
  return tokens.join('_');
}
