// What a target is asked to answer with, and in which format it has answered.

import type { EscapingScheme, ScrapeProtocol } from './scrape-config.ts';

const MEDIA_TYPES: Readonly<Record<ScrapeProtocol, string>> = {
  PrometheusProto: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
};

/** The Accept header of Prometheus v3: the protocols in their order, then anything. */
export function acceptHeader(protocols: readonly ScrapeProtocol[], escaping: EscapingScheme): string {
  let weight = Object.keys(MEDIA_TYPES).length + 1;
  const parts = protocols.map((protocol) => {
    // Older versions of the formats know no escaping.
    const knowsEscaping = protocol === 'PrometheusText1.0.0' || protocol === 'OpenMetricsText1.0.0';
    return `${MEDIA_TYPES[protocol]}${knowsEscaping ? `;escaping=${escaping}` : ''};q=0.${weight--}`;
  });
  return [...parts, `*/*;q=0.${weight}`].join(',');
}
