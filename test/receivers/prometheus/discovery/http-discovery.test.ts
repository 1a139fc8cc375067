import assert from 'node:assert/strict';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';
import { Admission } from '../../../../pipeline/admission.ts';
import { HttpDiscovery } from '../../../../receivers/prometheus/discovery/http-discovery.ts';
import { HttpClient } from '../../../../receivers/prometheus/http/client.ts';
import { jobFrom } from '../decoding.ts';
import { Watching } from './watching.ts';

let server: http.Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let running: HttpDiscovery[];

beforeEach(async () => {
  running = [];
  server = http.createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  for (const discovery of running) await discovery.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function url(): string {
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return `http://127.0.0.1:${address.port}/targets?x=1`;
}

async function watching(keys = 'refresh_interval: 50ms'): Promise<Watching> {
  const [config] = jobFrom(`{job_name: j, http_sd_configs: [{url: "${url()}", ${keys}}]}`).discoveries;
  assert.ok(config?.kind === 'http');
  const seen = new Watching();
  const client = new HttpClient({
    settings: config.http,
    component: 'receiver:prometheus',
    userAgent: 'test',
    connectTimeoutMs: 1_000,
    admission: new Admission(64 << 20),
    steadyNow: () => performance.now(),
    onFailure: () => undefined,
  });
  const discovery = new HttpDiscovery(config, { client, log: seen.log });
  running.push(discovery);
  await seen.start(discovery);
  return seen;
}

const respond = (body: string, type = 'application/json', status = 200): typeof answer => {
  return (_, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  };
};

void test('groups of the answer, asked for as Prometheus does, with credentials', async () => {
  const requests: IncomingMessage['headers'][] = [];
  answer = (request, response) => {
    requests.push(request.headers);
    respond('[{"targets":["a:1","a:2"],"labels":{"zone":"z"}},{"targets":["b:1"]}]', 'application/json; charset=utf-8')(
      request,
      response,
    );
  };
  const seen = await watching('refresh_interval: 1m30s, basic_auth: {username: u, password: p}');
  await seen.finds('a:1', 'a:2', 'b:1');
  const [, second] = seen.groups.get(url()) ?? [];
  assert.equal(second?.source, `${url()}:1`);
  assert.deepEqual(second?.labels, new Map([['__meta_url', url()]]));
  assert.equal(requests[0]?.['x-prometheus-refresh-interval-seconds'], '90');
  assert.equal(requests[0]?.accept, 'application/json');
  assert.equal(requests[0]?.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
});

void test('a refresh that fails keeps the targets and is told once', async () => {
  answer = respond('[{"targets":["a:1"]}]');
  const seen = await watching();
  await seen.finds('a:1');
  const failures: readonly (readonly [typeof answer, RegExp])[] = [
    [respond('', 'application/json', 503), /the server answered 503 Service Unavailable; expected 200/],
    [respond('[]', 'text/plain'), /content type \\"text\/plain\\"; expected application\/json/],
    [respond('[{"targets":'), /JSON/],
    [respond('[{"targets":["a"],"extra":1}]'), /group 1: the key \\"extra\\" is unknown/],
    [(_, response) => response.destroy(), /hang up|reset|closed/i],
  ];
  for (const [failing, expected] of failures) {
    answer = failing;
    await seen.logs(expected);
    assert.deepEqual(seen.addresses, ['a:1']);
  }
  assert.equal(seen.logged.length, failures.length, seen.logged.join('\n'));
  answer = respond('[{"targets":["a:2"]}]');
  await seen.finds('a:2');
  await seen.logs(/^info service discovery works again/);
});

void test('an empty answer means no targets', async () => {
  answer = respond('[{"targets":["a:1"]}]');
  const seen = await watching();
  await seen.finds('a:1');
  answer = respond('[]');
  await seen.finds();
});

void test('an answer that never ends is given up', async () => {
  answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String((32 << 20) + 1) });
    response.write('[');
  };
  const seen = await watching();
  await seen.logs(/warn service discovery failed/);
});

void test('a server that does not answer is asked again after the interval, and nothing hangs at the end', async () => {
  answer = () => undefined;
  const seen = await watching('refresh_interval: 100ms');
  await seen.logs(/no answer within 100 ms/);
});

void test('an interval of years does not ask without end', async () => {
  let asked = 0;
  answer = (request, response) => {
    asked += 1;
    respond('[{"targets":["a:1"]}]')(request, response);
  };
  const seen = await watching('refresh_interval: 1y');
  await seen.finds('a:1');
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(asked, 1);
});
