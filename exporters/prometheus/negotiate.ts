// Which format a scraper gets: its Accept header against what there is, as prometheus/common v0.71 decides it.

import type { EscapingScheme } from '../../proto/prometheus/exposed-names.ts';

export interface PageFormat {
  readonly kind: 'text' | 'openmetrics' | 'protobuf';
  readonly scheme: EscapingScheme;
  readonly contentType: string;
}

interface Clause {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
  readonly parameters: ReadonlyMap<string, string>;
}

interface Offer {
  readonly kind: PageFormat['kind'];
  readonly type: string;
  readonly subtype: string;
  readonly required: Readonly<Record<string, string>>;
  readonly contentType: string;
}

const TEXT: Offer = {
  kind: 'text',
  type: 'text',
  subtype: 'plain',
  required: { version: '0.0.4' },
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
};

const PROTOBUF: Offer = {
  kind: 'protobuf',
  type: 'application',
  subtype: 'vnd.google.protobuf',
  required: { proto: 'io.prometheus.client.MetricFamily', encoding: 'delimited' },
  contentType: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
};

function openMetrics(version: string): Offer {
  return {
    kind: 'openmetrics',
    type: 'application',
    subtype: 'openmetrics-text',
    required: { version },
    contentType: `application/openmetrics-text; version=${version}; charset=utf-8`,
  };
}

const CLASSIC = [PROTOBUF, TEXT];
const WITH_OPEN_METRICS = [openMetrics('1.0.0'), openMetrics('0.0.1'), ...CLASSIC];

/** Clauses of an Accept header that are looked at; Prometheus sends six. */
const MAX_CLAUSES = 32;
const SCHEMES: ReadonlySet<string> = new Set(['allow-utf-8', 'underscores', 'dots', 'values']);

export function negotiate(accept: string, hasOpenMetrics: boolean): PageFormat {
  let scheme: EscapingScheme = 'underscores';
  for (const clause of clausesOf(accept)) {
    const asked = clause.parameters.get('escaping');
    if (isScheme(asked)) scheme = asked;
    const offer = (hasOpenMetrics ? WITH_OPEN_METRICS : CLASSIC).find((one) => matches(clause, one));
    if (offer) return format(offer, scheme);
  }
  return format(TEXT, scheme);
}

function format({ kind, contentType }: Offer, scheme: EscapingScheme): PageFormat {
  return { kind, scheme, contentType: `${contentType}; escaping=${scheme}` };
}

function isScheme(text: string | undefined): text is EscapingScheme {
  return text !== undefined && SCHEMES.has(text);
}

function matches({ type, subtype, parameters }: Clause, offer: Offer): boolean {
  if (type !== '*' && type !== offer.type) return false;
  if (subtype !== '*' && subtype !== offer.subtype) return false;
  return Object.entries(offer.required).every(
    ([name, value]) => (parameters.get(name) ?? (name === 'version' ? defaultVersion(type, subtype) : '')) === value,
  );
}

function defaultVersion(type: string, subtype: string): string {
  if (type === 'application' && subtype === 'openmetrics-text') return '0.0.1';
  return type === 'text' && subtype === 'plain' ? '0.0.4' : '';
}

/** Best first; of equal quality in their order. */
function clausesOf(accept: string): Clause[] {
  const clauses: Clause[] = [];
  for (const text of accept.split(',', MAX_CLAUSES)) {
    const [media = '', ...rest] = text.split(';');
    const [type = '', subtype = ''] = media.trim().split('/');
    if (type === '' || subtype === '') continue;
    let quality = 1;
    const parameters = new Map<string, string>();
    for (const parameter of rest) {
      const [name = '', value = ''] = parameter.split('=', 2);
      const key = name.trim();
      if (key !== 'q') parameters.set(key, value.trim());
      else quality = Number(value) || 0;
    }
    clauses.push({ type, subtype, quality, parameters });
  }
  return clauses.toSorted((a, b) => b.quality - a.quality);
}
