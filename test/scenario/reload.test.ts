import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { GRPC_STATUS } from '../../pipeline/transport/grpc-status.ts';
import { GrpcClient } from '../../pipeline/transport/grpc-client.ts';
import { connector } from '../../pipeline/transport/dial.ts';
import { countItems } from '../../proto/otlp/count.ts';
import { freePorts, startAgent, type Program } from '../support/agent.ts';
import { httpDestination, type Destination } from '../support/destination.ts';
import { httpRequest } from '../support/http-request.ts';
import { tracesRequest } from '../support/requests.ts';

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

interface Ports {
  readonly grpc: number;
  readonly http: number;
  readonly admin: number;
}

async function ports(): Promise<Ports> {
  const [grpc = 0, httpPort = 0, admin = 0] = await freePorts(3);
  return { grpc, http: httpPort, admin };
}

/** Variants that a reload goes through: another exporter, more processors, other limits, another pipeline. */
function variant(at: Ports, destination: number, number: number, workers = 1): object {
  const otlp = {
    protocols: {
      grpc: { endpoint: `127.0.0.1:${at.grpc}`, max_recv_msg_size_mib: 8 + (number % 3) },
      http: { endpoint: `127.0.0.1:${at.http}` },
    },
  };
  const exporters: Record<string, object> = {
    [`otlp_http/${number % 2}`]: {
      endpoint: `http://127.0.0.1:${destination}`,
      compression: number % 3 === 0 ? 'none' : 'gzip',
      sending_queue: number % 2 === 0 ? { enabled: false } : { block_on_overflow: true },
    },
  };
  return {
    receivers: { otlp },
    processors: { batch: { timeout: `${10 + number}ms` }, memory_limiter: { check_interval: '1s', limit_mib: 1000 } },
    exporters,
    extensions: { zpages: { endpoint: `127.0.0.1:${at.admin}` } },
    service: {
      workers,
      extensions: ['zpages'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        traces: {
          receivers: ['otlp'],
          processors: number % 4 < 2 ? ['memory_limiter', 'batch'] : [],
          exporters: Object.keys(exporters),
        },
      },
    },
  };
}

function itemsAt(destination: Destination): number {
  return destination.arrivals.all.reduce((sum, { body }) => sum + countItems('traces', body), 0);
}

async function reload(at: Ports): Promise<{ applied: boolean; messages: string[] }> {
  const answer = await httpRequest(`http://127.0.0.1:${at.admin}/reload`, { method: 'POST' });
  // The admin port's answer to POST /reload.
  return JSON.parse(answer.body.toString()) as { applied: boolean; messages: string[] };
}

function write(agent: Program, config: object): void {
  writeFileSync(agent.configFile, JSON.stringify(config));
}

for (const workers of [1, 2]) {
  void test(`ten reloads under load refuse no request and lose no span, on ${workers} thread(s)`, () =>
    reloadUnderLoad(workers));
}

async function reloadUnderLoad(workers: number): Promise<void> {
  await using destination = await httpDestination();
  const at = await ports();
  await using agent = await startAgent({ config: variant(at, destination.port, 0, workers) });
  const client = new GrpcClient({
    connect: connector(() => ({ host: '127.0.0.1', port: at.grpc, timeoutMs: 5_000 })),
    authority: 'test',
    secure: false,
    headers: {},
    maxResponseBytes: 1 << 20,
  });
  const keptAlive = new http.Agent({ keepAlive: true, maxSockets: 4 });
  const body = tracesRequest(5);
  const load = { isRunning: true };
  let sent = 0;
  const failures: string[] = [];
  const overGrpc = async (): Promise<void> => {
    while (load.isRunning) {
      const answer = await client.call({ path: EXPORT, chunks: [body], bytes: body.length }).answer.catch(String);
      if (typeof answer === 'object' && answer.status === GRPC_STATUS.OK) sent += 5;
      else failures.push(typeof answer === 'string' ? answer : `grpc ${answer.status} ${answer.message}`);
    }
  };
  const overHttp = async (): Promise<void> => {
    while (load.isRunning) {
      const status = await post(keptAlive, at.http, body).catch(String);
      if (status === 200) sent += 5;
      else failures.push(`http ${status}`);
    }
  };
  const senders = [overGrpc(), overGrpc(), overGrpc(), overHttp(), overHttp(), overHttp()];
  for (let number = 1; number <= 10; number += 1) {
    await new Promise((resolve) => setTimeout(resolve, 60));
    write(agent, variant(at, destination.port, number, workers));
    const result = await reload(at);
    assert.equal(result.applied, true, result.messages.join('\n'));
  }
  load.isRunning = false;
  await Promise.all(senders);
  await client.close();
  keptAlive.destroy();
  const { code, stderr } = await agent.stop();
  assert.equal(code, 0, stderr);
  assert.deepEqual(failures.slice(0, 3), []);
  assert.ok(sent > 500, `only ${sent} spans were sent`);
  assert.equal(itemsAt(destination), sent);
}

function post(agent: http.Agent, port: number, body: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        agent,
        port,
        host: '127.0.0.1',
        path: '/v1/traces',
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

for (const workers of [1, 2]) {
  void test(`a bad configuration changes nothing and says why, on ${workers} thread(s)`, () => reloadBad(workers));
}

async function reloadBad(workers: number): Promise<void> {
  await using destination = await httpDestination();
  const at = await ports();
  await using agent = await startAgent({ config: variant(at, destination.port, 0, workers) });
  const send = (): Promise<{ status: number }> =>
    httpRequest(`http://127.0.0.1:${at.http}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: tracesRequest(1),
    });
  const bad: readonly (readonly [string, RegExp])[] = [
    ['{"receivers": ', /CONFIG_/],
    [JSON.stringify({ ...variant(at, destination.port, 1, workers), receivers: { otpl: {} } }), /otlp/],
    [
      JSON.stringify(variant(at, destination.port, 1, workers)).replace('check_interval', 'chek_interval'),
      /check_interval/,
    ],
    // Valid, but the port is the admin port: it fails at start, after the rest was validated.
    [JSON.stringify(variant({ ...at, http: at.admin }, destination.port, 2, workers)), /already used|already listens/],
  ];
  for (const [text, expected] of bad) {
    writeFileSync(agent.configFile, text);
    const result = await reload(at);
    assert.equal(result.applied, false);
    assert.match(result.messages.join('\n'), expected);
    assert.equal((await send()).status, 200);
  }
  write(agent, variant(at, destination.port, 3, workers));
  assert.equal((await reload(at)).applied, true);
  assert.match(agent.stderr, /The new configuration was refused; the old one stays in use/);
  assert.equal((await send()).status, 200);
}

void test('SIGHUP reloads, and --watch does when the file changes', async () => {
  await using destination = await httpDestination();
  const at = await ports();
  await using agent = await startAgent({ config: variant(at, destination.port, 0), args: ['--watch'] });
  agent.signal('SIGHUP');
  await agent.said(/Configuration reloaded/);
  write(agent, variant(at, destination.port, 5));
  await agent.said(/"started": \[[^\]]*exporter:otlp_http\/1/);
});

function certificate(folder: string, name: string): { cert: string; key: string } {
  const cert = path.join(folder, `${name}.pem`);
  const key = path.join(folder, `${name}.key`);
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  );
  return { cert, key };
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

void test(
  'changed certificates are used after a reload',
  { skip: hasOpenssl() ? false : 'openssl is not here to make certificates' },
  async (t) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'certs-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const first = certificate(folder, 'first');
    const second = certificate(folder, 'second');
    const [port = 0, admin = 0] = await freePorts(2);
    const cert = path.join(folder, 'used.pem');
    const key = path.join(folder, 'used.key');
    const use = (pair: { cert: string; key: string }): void => {
      writeFileSync(cert, readFileSync(pair.cert));
      writeFileSync(key, readFileSync(pair.key));
    };
    use(first);
    await using agent = await startAgent({
      config: {
        receivers: {
          otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}`, tls: { cert_file: cert, key_file: key } } } },
        },
        exporters: { nop: {} },
        extensions: { zpages: { endpoint: `127.0.0.1:${admin}` } },
        service: {
          extensions: ['zpages'],
          telemetry: { metrics: { level: 'none' } },
          pipelines: { traces: { receivers: ['otlp'], exporters: ['nop'] } },
        },
      },
    });
    const subject = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const request = https.request(
          {
            host: '127.0.0.1',
            port,
            path: '/v1/traces',
            method: 'POST',
            agent: false,
            rejectUnauthorized: false,
            headers: { 'content-type': 'application/json' },
          },
          (response) => {
            // An https request has a TLS socket.
            const { subject: who } = (response.socket as import('node:tls').TLSSocket).getPeerCertificate();
            response.resume();
            response.on('end', () => resolve(`${response.statusCode} ${String(who.CN)}`));
          },
        );
        request.on('error', reject);
        request.end('{}');
      });
    assert.equal(await subject(), '200 first');
    use(second);
    assert.equal((await reload({ grpc: 0, http: port, admin })).applied, true);
    assert.equal(await subject(), '200 second');
    writeFileSync(key, 'nonsense');
    await reload({ grpc: 0, http: port, admin });
    assert.equal(await subject(), '200 second', 'files that do not fit together change nothing');
    assert.match(agent.stderr, /Reading files again failed/);
  },
);
