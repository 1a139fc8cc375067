// The specification's own JSON examples over HTTP/JSON, and what of them reaches a destination as JSON and as protobuf.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { test } from 'node:test';
import type { Signal } from '../../pipeline/signal.ts';
import { freePorts, startAgent } from '../support/agent.ts';
import { grpcDestination, portOf } from '../support/destination.ts';
import { httpRequest } from '../support/http-request.ts';
import { normal } from '../support/otlp-objects.ts';
import { pipelines } from '../support/pipelines.ts';

const EXAMPLES: readonly { readonly file: string; readonly signal: Signal }[] = [
  { file: 'trace.json', signal: 'traces' },
  { file: 'metrics.json', signal: 'metrics' },
  { file: 'logs.json', signal: 'logs' },
  { file: 'events.json', signal: 'logs' },
];

/** A line of the agent's log that somebody should look at. */
const COMPLAINT = /\t(?:warn|error)\t/;

function example(file: string): string {
  return readFileSync(new URL(`../data/otlp-examples/${file}`, import.meta.url), 'utf8');
}

/** Posts an example and checks the answer of a full success. */
async function post(port: number, { file, signal }: (typeof EXAMPLES)[number]): Promise<void> {
  const answer = await httpRequest(`http://127.0.0.1:${port}/v1/${signal}`, {
    headers: { 'content-type': 'application/json' },
    body: example(file),
  });
  assert.equal(answer.status, 200, answer.body.toString());
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.deepEqual(JSON.parse(answer.body.toString()), {});
}

void test('as protobuf over gRPC', async () => {
  await using destination = await grpcDestination();
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  const settings = {
    endpoint: `127.0.0.1:${destination.port}`,
    tls: { insecure: true },
    sending_queue: { enabled: false },
  };
  await using agent = await startAgent({ config: pipelines({ grpcPort, httpPort, exporter: 'otlp_grpc', settings }) });
  for (const each of EXAMPLES) {
    await post(httpPort, each);
    assert.deepEqual(
      normal(destination.arrivals.requests(each.signal).at(-1)),
      normal(JSON.parse(example(each.file))),
      each.file,
    );
  }
  assert.doesNotMatch(agent.stderr, COMPLAINT);
});

void test('as JSON over HTTP', async () => {
  const bodies: string[] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      assert.equal(request.headers['content-type'], 'application/json');
      bodies.push(text);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  const settings = {
    endpoint: `http://127.0.0.1:${portOf(server)}`,
    encoding: 'json',
    compression: 'none',
    sending_queue: { enabled: false },
  };
  try {
    await using agent = await startAgent({
      config: pipelines({ grpcPort, httpPort, exporter: 'otlp_http', settings }),
    });
    for (const each of EXAMPLES) {
      await post(httpPort, each);
      assert.deepEqual(normal(JSON.parse(bodies.at(-1) ?? '')), normal(JSON.parse(example(each.file))), each.file);
    }
    assert.doesNotMatch(agent.stderr, COMPLAINT);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
