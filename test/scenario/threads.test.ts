// service.workers: several threads take data on the same ports, and speak as one agent.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { countItems } from '../../proto/otlp/count.ts';
import { freePorts, runAgent, startAgent, type Program } from '../support/agent.ts';
import { httpDestination } from '../support/destination.ts';
import { httpRequest } from '../support/http-request.ts';
import { tracesRequest } from '../support/requests.ts';

const THREADS = 3;
/** Each on a connection of its own, which the kernel gives to some thread. */
const REQUESTS = 60;

interface Ports {
  readonly http: number;
  readonly admin: number;
  readonly metrics: number;
}

async function ports(): Promise<Ports> {
  const [http = 0, admin = 0, metrics = 0] = await freePorts(3);
  return { http, admin, metrics };
}

function configuration(at: Ports, parts: { exporters: object; processors?: object }): object {
  const { exporters, processors = {} } = parts;
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${at.http}` } } } },
    processors,
    exporters,
    extensions: {
      zpages: { endpoint: `127.0.0.1:${at.admin}` },
    },
    service: {
      workers: THREADS,
      extensions: ['zpages'],
      telemetry: {
        logs: { sampling: { enabled: false } },
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: at.metrics } } } }] },
      },
      pipelines: {
        traces: { receivers: ['otlp'], processors: Object.keys(processors), exporters: Object.keys(exporters) },
      },
    },
  };
}

function send(at: Ports, spans: number): Promise<{ status: number }> {
  return httpRequest(`http://127.0.0.1:${at.http}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', connection: 'close' },
    body: tracesRequest(spans),
  });
}

async function sendMany(at: Ports): Promise<void> {
  const answers = await Promise.all(Array.from({ length: REQUESTS }, () => send(at, 2)));
  assert(answers.every(({ status }) => status === 200));
}

async function text(port: number, path: string): Promise<string> {
  return (await httpRequest(`http://127.0.0.1:${port}${path}`, { method: 'GET' })).body.toString();
}

/** The threads that a component's log lines name; the main one is 0. */
function threadsThatSaid(agent: Program, sentence: string): string[] {
  const lines = agent.stderr.split('\n').filter((line) => line.includes(sentence));
  return [...new Set(lines.map((line) => /"thread": "(\d)"/.exec(line)?.[1] ?? '0'))].toSorted();
}

void test('every thread takes data, nothing is lost, and figures are those of all threads', async () => {
  await using destination = await httpDestination();
  const at = await ports();
  const exporters = {
    otlp_http: { endpoint: `http://127.0.0.1:${destination.port}`, sending_queue: { enabled: false } },
    debug: {},
  };
  await using agent = await startAgent({ config: configuration(at, { exporters }) });
  await sendMany(at);
  const metrics = await text(at.metrics, '/metrics');
  assert.match(metrics, new RegExp(`otelcol_receiver_accepted_spans\\{.*\\} ${2 * REQUESTS}\\n`));
  assert.match(metrics, new RegExp(`otelcol_exporter_sent_spans\\{exporter="otlp_http"\\} ${2 * REQUESTS}\\n`));
  // The process is one, however many threads it has.
  assert.equal(metrics.match(/^otelcol_process_uptime/gm)?.length, 1);
  // The admin port's answer.
  const figures = JSON.parse(await text(at.admin, '/api/figures')) as {
    name: string;
    labels: Record<string, string>;
    value: number;
  }[];
  const consumed = figures.filter(
    ({ name, labels }) => name === 'genesis_component_consumed_items' && labels['component'] === 'exporter:otlp_http',
  );
  assert.deepEqual(
    consumed.map(({ value }) => value),
    [2 * REQUESTS],
  );
  const { code } = await agent.stop();
  assert.equal(code, 0);
  const arrived = destination.arrivals.all.reduce((sum, { body }) => sum + countItems('traces', body), 0);
  assert.equal(arrived, 2 * REQUESTS);
  // Sixty connections that all miss one of three threads would be one chance in ten thousand million.
  assert.deepEqual(threadsThatSaid(agent, '"resource spans"'), ['0', '1', '2']);
});

void test('a dropped span is found whichever thread dropped it', async () => {
  const at = await ports();
  const processors = { filter: { traces: { span: ['true'] } } };
  await using agent = await startAgent({ config: configuration(at, { exporters: { nop: {} }, processors }) });
  await sendMany(at);
  const drops = JSON.parse(await text(at.admin, '/api/drops?limit=500')) as { count: number; timeUnixMs: number }[];
  assert.equal(
    drops.reduce((sum, { count }) => sum + count, 0),
    2 * REQUESTS,
  );
  const newest = drops.map(({ timeUnixMs }) => timeUnixMs);
  assert.deepEqual(
    newest,
    newest.toSorted((a, b) => b - a),
  );
  await agent.stop();
});

void test('a destination that only some threads have missed is shown for the whole agent', async () => {
  const at = await ports();
  const [closed = 0] = await freePorts(1);
  const exporters = { otlp_http: { endpoint: `http://127.0.0.1:${closed}`, sending_queue: { queue_size: 1000 } } };
  await using agent = await startAgent({ config: configuration(at, { exporters }) });
  // One request meets one thread.
  await send(at, 1);
  await agent.said(/Exporting failed/);
  // The log and the state come from that thread by different ways.
  let states = '';
  for (let turn = 0; turn < 200 && !states.includes('RecoverableError'); turn++) {
    await sleep(25);
    states = await text(at.admin, '/api/pipelines');
  }
  assert.match(states, /"exporter:otlp_http"[^}]*"RecoverableError"/);
  // Nothing is delivered before the deadline; what is left is reported by the thread that held it.
  agent.signal('SIGKILL');
  await agent.exited;
});

void test('what can not be copied runs once, and the log says why', async () => {
  const at = await ports();
  const exporters = { file: { path: '/dev/null' } };
  await using agent = await startAgent({ config: configuration(at, { exporters }) });
  assert.match(agent.stderr, /main thread only.*"pipeline": "traces".*"component": "exporter:file"/);
  await sendMany(at);
  assert.match(await text(at.metrics, '/metrics'), new RegExp(`sent_spans\\{exporter="file"\\} ${2 * REQUESTS}\\n`));
  await agent.stop();
  assert.deepEqual(threadsThatSaid(agent, 'Receiving OTLP'), ['0']);
});

void test('a port in use is still noticed', async () => {
  const at = await ports();
  const other = createServer().listen(at.http, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { code, stderr } = await runAgent({ config: configuration(at, { exporters: { nop: {} } }) });
  other.close();
  assert.equal(code, 1);
  assert.match(stderr, /another program already listens there/);
});
