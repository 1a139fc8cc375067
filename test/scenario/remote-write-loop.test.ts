// Remote write out, in, and out again: what an agent writes to itself leaves as it came.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { V1_MESSAGE, V2_MESSAGE } from '../../proto/prometheus/remote-write/fields.ts';
import { comparableSeries } from '../exporters/prometheus_remote_write/messages.ts';
import { sentBy } from '../exporters/prometheus_remote_write/running.ts';
import { startSink } from '../exporters/prometheus_remote_write/sink.ts';
import { freePorts, startAgent } from '../support/agent.ts';
import { httpRequest } from '../support/http-request.ts';
import { attributes, batchOfJson } from '../support/processor.ts';

const TIME = '1700000060123456789';
const point = (more: object): object => ({
  attributes: attributes({ a: 'b' }),
  startTimeUnixNano: '1700000000000000000',
  timeUnixNano: TIME,
  ...more,
});
const exemplars = [{ timeUnixNano: TIME, asDouble: 2, traceId: '0af7651916cd43dd8448eb211c80319c' }];

const REQUEST = {
  resourceMetrics: [
    {
      resource: {
        attributes: attributes({
          'service.name': 's',
          'service.namespace': 'n',
          'service.instance.id': 'i',
          zone: 'z',
        }),
      },
      scopeMetrics: [
        {
          scope: { name: 'scope', version: '1', attributes: attributes({ tier: 'gold' }) },
          metrics: [
            { name: 'level', gauge: { dataPoints: [point({ asDouble: 1.5 })] } },
            {
              name: 'requests',
              description: 'All of them',
              sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point({ asInt: '7', exemplars })] },
            },
            {
              name: 'latency',
              unit: 's',
              histogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  point({ count: '6', sum: 9, bucketCounts: ['1', '2', '3'], explicitBounds: [1, 2.5], exemplars }),
                ],
              },
            },
            {
              name: 'size',
              exponentialHistogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  point({
                    count: '9',
                    sum: 4,
                    scale: 3,
                    zeroCount: '2',
                    zeroThreshold: 0.25,
                    positive: { offset: -2, bucketCounts: ['1', '0', '0', '0', '3'] },
                    negative: { offset: 4, bucketCounts: ['3'] },
                  }),
                ],
              },
            },
            {
              name: 'rpc',
              summary: {
                dataPoints: [point({ count: '5', sum: 2.5, quantileValues: [{ quantile: 0.5, value: 0.1 }] })],
              },
            },
            { name: 'ended', gauge: { dataPoints: [point({ flags: 1 })] } },
          ],
        },
      ],
    },
  ],
};

for (const protocol of [V1_MESSAGE, V2_MESSAGE]) {
  void test(`what an agent writes to itself leaves as it came: ${protocol}`, async () => {
    const sent = await sentBy({ protobuf_message: protocol }, [batchOfJson('metrics', REQUEST)]);
    const expected = comparableSeries(sent.map(({ request }) => request));
    const [otlp = 0, between = 0] = await freePorts(2);
    await using sink = await startSink();
    await using agent = await startAgent({
      config: {
        receivers: {
          otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } },
          prometheus_remote_write: { endpoint: `127.0.0.1:${between}` },
        },
        exporters: {
          'prometheus_remote_write/itself': {
            endpoint: `http://127.0.0.1:${between}/api/v1/write`,
            protobuf_message: protocol,
          },
          'prometheus_remote_write/out': {
            endpoint: sink.url,
            protobuf_message: protocol,
            // The names have their units and types already.
            translation_strategy: 'UnderscoreEscapingWithoutSuffixes',
          },
        },
        service: {
          telemetry: { metrics: { level: 'none' } },
          pipelines: {
            'metrics/in': { receivers: ['otlp'], exporters: ['prometheus_remote_write/itself'] },
            'metrics/out': { receivers: ['prometheus_remote_write'], exporters: ['prometheus_remote_write/out'] },
          },
        },
      },
    });
    assert.ok(agent.isRunning);
    const { status } = await httpRequest(`http://127.0.0.1:${otlp}/v1/metrics`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(REQUEST),
    });
    assert.equal(status, 200);
    const found = (): string[] => comparableSeries(sink.received.map(({ request }) => request));
    for (let attempt = 0; attempt < 300 && found().length < expected.length; attempt++) await sleep(10);
    assert.deepEqual(found(), expected);
  });
}
