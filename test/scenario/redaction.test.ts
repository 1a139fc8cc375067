// A canary in a real agent: what the redaction processor takes out is in nothing that the agent itself says, neither its log,
// its metrics, its admin pages nor the drops it keeps, whatever becomes of the rest.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePorts, startAgent } from '../support/agent.ts';
import { httpDestination } from '../support/destination.ts';
import { httpRequest } from '../support/http-request.ts';

const CANARY = 'canary-7b1f';
const CARD = '4111 1111 1111 1111';
const MAIL = `${CANARY}@example.com`;
const KEY = 'keykeykeykeykeykeykeykeykeykeykey';

const value = { stringValue: `${CANARY} ${CARD} ${MAIL}` };
const attributes = [
  { key: 'note', value },
  { key: 'password', value },
  { key: `x.${CANARY}`, value },
];
const REQUESTS: readonly (readonly [path: string, body: object])[] = [
  [
    '/v1/traces',
    {
      resourceSpans: [
        {
          resource: { attributes },
          scopeSpans: [
            {
              scope: { attributes },
              spans: [
                {
                  traceId: '0102030405060708090a0b0c0d0e0f10',
                  spanId: '0102030405060708',
                  name: `/users/${CANARY}12`,
                  kind: 2,
                  attributes,
                  events: [{ name: 'e', attributes }],
                },
              ],
            },
          ],
        },
      ],
    },
  ],
  ['/v1/logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: value, attributes }] }] }] }],
  [
    '/v1/metrics',
    {
      resourceMetrics: [
        { scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [{ attributes, asInt: '1' }] } }] }] },
      ],
    },
  ],
];

const PAGES = [
  '/api/pipelines',
  '/api/figures',
  '/api/drops',
  '/api/errors',
  '/api/config',
  '/debug/pipelinez',
  '/debug/servicez',
];

void test('what was taken out is in no log, metric, page or drop', async () => {
  // Refused for good and with an answer that shows what was sent, so that the agent drops it and has something to say.
  await using destination = await httpDestination((_request, response) => {
    response.writeHead(400, { 'content-type': 'text/plain' });
    response.end('no');
  });
  const [port = 0, admin = 0, metrics = 0] = await freePorts(3);
  const pipeline = { receivers: ['otlp'], processors: ['redaction'], exporters: ['otlp_http', 'debug'] };
  await using agent = await startAgent({
    config: {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      processors: {
        redaction: {
          allowed_keys: ['note', 'password'],
          blocked_key_patterns: ['password'],
          blocked_values: ['canary-[0-9a-f]{4}'],
          detect: ['credit_card', 'email'],
          url_sanitizer: { enabled: true },
          hash_function: 'hmac-sha256',
          hmac_key: KEY,
          summary: 'info',
        },
      },
      exporters: {
        otlp_http: { endpoint: `http://127.0.0.1:${destination.port}`, sending_queue: { enabled: false } },
        debug: { verbosity: 'detailed' },
      },
      extensions: { zpages: { endpoint: `127.0.0.1:${admin}`, expvar: { enabled: true } } },
      service: {
        extensions: ['zpages'],
        telemetry: {
          logs: { level: 'debug' },
          metrics: {
            level: 'detailed',
            readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: metrics } } } }],
          },
        },
        pipelines: { traces: pipeline, logs: pipeline, metrics: pipeline },
      },
    },
  });
  const said: string[] = [];
  const headers = { 'content-type': 'application/json' };
  for (const [path, body] of REQUESTS) {
    const url = `http://127.0.0.1:${port}${path}`;
    const answer = await httpRequest(url, { headers, body: JSON.stringify(body) });
    said.push(answer.body.toString());
    // Cut off in the middle: refused, with a reason.
    const cut = await httpRequest(url, { headers, body: JSON.stringify(body).slice(0, -9) });
    assert.equal(cut.status, 400);
    said.push(cut.body.toString());
  }
  let drops = '';
  for (const page of PAGES) {
    const answer = await httpRequest(`http://127.0.0.1:${admin}${page}`, { method: 'GET' });
    assert.equal(answer.status, 200, page);
    if (page.endsWith('drops')) drops = answer.body.toString();
    said.push(answer.body.toString());
  }
  assert.match(drops, /otlp_http/, 'the refused data is among the drops');
  said.push((await httpRequest(`http://127.0.0.1:${metrics}/metrics`, { method: 'GET' })).body.toString());
  const { stdout, stderr } = await agent.stop();
  said.push(stdout, stderr);
  const everything = said.join('\n');
  assert.match(everything, /redaction\.masked\.count/, 'the debug exporter has shown what is left');
  assert.match(everything, /otelcol_processor_incoming_items/);
  for (const secret of [CANARY, CARD, KEY]) assert.ok(!everything.includes(secret), around(everything, secret));
});

function around(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return `${secret} in: ${text.slice(Math.max(0, at - 200), at + 100)}`;
}
