// The Accept header, compared with what Prometheus v3 sends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptHeader } from '../../../receivers/prometheus/accept.ts';

void test('protocols are asked for in their order, with the escaping of names', () => {
  assert.equal(
    acceptHeader(
      ['PrometheusProto', 'OpenMetricsText1.0.0', 'OpenMetricsText0.0.1', 'PrometheusText1.0.0', 'PrometheusText0.0.4'],
      'allow-utf-8',
    ),
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
  );
  assert.equal(acceptHeader(['PrometheusText0.0.4'], 'underscores'), 'text/plain;version=0.0.4;q=0.6,*/*;q=0.5');
});
