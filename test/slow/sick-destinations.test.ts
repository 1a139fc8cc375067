// Destinations that fall ill in every way while a healthy one stands beside them: what was acknowledged arrives as soon as
// the destination is well, the other gets everything meanwhile, the circuit is seen to open and close, and nothing grows.

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { usageOf } from '../../bench/pipeline/process-tree.ts';
import { encodeStatus } from '../../proto/status.ts';
import { freePorts, startAgent, type Program } from '../support/agent.ts';
import { httpRequest } from '../support/http-request.ts';
import { grpcStatus, SickDestination } from '../support/sick-destination.ts';
import { encode } from '../proto/reference.ts';

const REQUESTS = 30;
/** Of padding in each request, so that memory that is kept would be noticed. */
const PADDING = 'x'.repeat(50_000);
const MAX_GROWTH_MIB = 96;
const RECOVERY_MS = 8_000;
const OUTAGE_MS = 1_800;

const STATUS = { RESOURCE_EXHAUSTED: 8, UNAVAILABLE: 14 } as const;

function request(name: string): Uint8Array {
  const span = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1), name };
  const attributes = [{ key: 'padding', value: { stringValue: PADDING } }];
  return encode('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, attributes }] }] }] });
}

const GET = { method: 'GET' };

interface Ports {
  readonly receive: number;
  readonly admin: number;
  readonly metrics: number;
}

function configuration(protocol: 'grpc' | 'http', ports: Ports, sick: SickDestination, well: SickDestination): object {
  const common = {
    timeout: '500ms',
    retry_on_failure: { initial_interval: '100ms', max_interval: '1s', max_elapsed_time: 0 },
    compression: 'none',
  };
  const ill =
    protocol === 'grpc'
      ? { endpoint: `127.0.0.1:${sick.port}`, tls: { insecure: true }, ...common }
      : { endpoint: `http://127.0.0.1:${sick.port}`, ...common };
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${ports.receive}` } } } },
    exporters: {
      [`otlp_${protocol}/sick`]: ill,
      'otlp_http/well': { endpoint: `http://127.0.0.1:${well.port}`, compression: 'none' },
    },
    extensions: { zpages: { endpoint: `127.0.0.1:${ports.admin}` } },
    service: {
      extensions: ['zpages'],
      telemetry: {
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: ports.metrics } } } }] },
      },
      pipelines: { traces: { receivers: ['otlp'], exporters: [`otlp_${protocol}/sick`, 'otlp_http/well'] } },
    },
  };
}

interface Figure {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** An agent in front of a destination that can fall ill and one that is always well. */
class Ward implements AsyncDisposable {
  readonly #protocol: 'grpc' | 'http';
  readonly #ports: Ports;
  readonly agent: Program;
  readonly sick: SickDestination;
  readonly well: SickDestination;

  private constructor(
    protocol: 'grpc' | 'http',
    ports: Ports,
    agent: Program,
    sick: SickDestination,
    well: SickDestination,
  ) {
    this.#protocol = protocol;
    this.#ports = ports;
    this.agent = agent;
    this.sick = sick;
    this.well = well;
  }

  static async open(protocol: 'grpc' | 'http'): Promise<Ward> {
    const [receive = 0, admin = 0, metrics = 0] = await freePorts(3);
    const ports = { receive, admin, metrics };
    const sick = await SickDestination.start(protocol);
    const well = await SickDestination.start('http');
    const agent = await startAgent({ config: configuration(protocol, ports, sick, well) });
    return new Ward(protocol, ports, agent, sick, well);
  }

  /** Sends requests and gives the names of the spans in them; every one is acknowledged. */
  async send(what: string): Promise<string[]> {
    const names = Array.from({ length: REQUESTS }, (_, index) => `${what.replaceAll(' ', '-')}-${index}`);
    for (const name of names) {
      const answer = await httpRequest(`http://127.0.0.1:${this.#ports.receive}/v1/traces`, {
        headers: { 'content-type': 'application/x-protobuf' },
        body: request(name),
      });
      assert.equal(answer.status, 200, answer.body.toString());
    }
    return names;
  }

  async figure(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const answer = await httpRequest(`http://127.0.0.1:${this.#ports.admin}/api/figures`, GET);
    const figures = JSON.parse(answer.body.toString()) as Figure[]; // What that page answers.
    const all = { exporter: `otlp_${this.#protocol}/sick`, ...labels };
    const mine = figures.filter(
      (one) => one.name === name && Object.entries(all).every(([key, value]) => one.labels[key] === value),
    );
    return mine.reduce((sum, { value }) => sum + value, 0);
  }

  async reason(): Promise<string | undefined> {
    const answer = await httpRequest(`http://127.0.0.1:${this.#ports.admin}/api/pipelines`, GET);
    // What that page answers.
    const { pipelines } = JSON.parse(answer.body.toString()) as {
      pipelines: { exporters: { component: string; reason?: string }[] }[];
    };
    return pipelines[0]?.exporters.find(({ component }) => component.endsWith('/sick'))?.reason;
  }

  /** Resolves once the agent has nothing left to send to the sick one. */
  async rest(): Promise<void> {
    const timeout = AbortSignal.timeout(RECOVERY_MS);
    for (;;) {
      const left = await this.figure('otelcol_exporter_queue_size');
      if (left === 0) return;
      assert.ok(!timeout.aborted, `${left} requests are left`);
      await sleep(50);
    }
  }

  async isClosed(): Promise<boolean> {
    return (await this.figure('genesis_exporter_circuit_state', { state: 'closed' })) === 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent.stop();
    await this.sick[Symbol.asyncDispose]();
    await this.well[Symbol.asyncDispose]();
  }
}

interface Ailment {
  readonly what: string;
  readonly fall: (sick: SickDestination) => void | (() => void);
  /** A circuit that some requests still get through does not open. */
  readonly isPartial?: boolean;
}

function toggled(sick: SickDestination): () => void {
  const timer = setInterval(() => {
    sick.front = sick.front === 'pass' ? 'reset' : 'pass';
    sick.cut();
  }, 200);
  return () => clearInterval(timer);
}

const EITHER: readonly Ailment[] = [
  { what: 'accepts and never answers', fall: (sick) => void (sick.front = 'silent') },
  { what: 'never reads', fall: (sick) => void (sick.front = 'deaf') },
  { what: 'resets', fall: (sick) => void (sick.front = 'reset') },
  { what: 'answers the first half', fall: (sick) => void (sick.front = 'half') },
  { what: 'resets in its answer', fall: (sick) => void (sick.front = 'half_reset') },
  { what: 'flaps every 200 ms', fall: toggled, isPartial: true },
];

const HTTP: readonly Ailment[] = [
  ...EITHER,
  { what: 'answers 503', fall: (sick) => void (sick.answerHttp = (response) => response.writeHead(503).end()) },
  {
    what: 'answers 429 with seconds',
    fall: (sick) => void (sick.answerHttp = (response) => response.writeHead(429, { 'retry-after': '1' }).end()),
  },
  {
    what: 'answers 503 with a date',
    fall: (sick) =>
      void (sick.answerHttp = (response) =>
        response.writeHead(503, { 'retry-after': new Date(Date.now() + 2_000).toUTCString() }).end()),
  },
  {
    what: 'answers with headers without end',
    fall: (sick) => void (sick.answerHttp = (response) => response.writeHead(200, { huge: 'x'.repeat(1 << 20) }).end()),
  },
];

const GRPC: readonly Ailment[] = [
  ...EITHER,
  { what: 'answers UNAVAILABLE', fall: (sick) => void (sick.answerGrpc = grpcStatus(STATUS.UNAVAILABLE)) },
  {
    what: 'answers UNAVAILABLE with RetryInfo beyond max_interval',
    fall: (sick) => void (sick.answerGrpc = grpcStatus(STATUS.UNAVAILABLE, { details: retryInfo(2_000) })),
  },
  {
    what: 'answers RESOURCE_EXHAUSTED with RetryInfo',
    fall: (sick) => void (sick.answerGrpc = grpcStatus(STATUS.RESOURCE_EXHAUSTED, { details: retryInfo(1_000) })),
  },
  {
    what: 'sends GOAWAY in anger',
    fall: (sick) =>
      void (sick.answerGrpc = (stream) => stream.session?.goaway(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM, 0)),
  },
  {
    what: 'goes away at every request',
    fall: (sick) =>
      void (sick.answerGrpc = (stream) => {
        stream.session?.close();
        stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      }),
  },
];

function retryInfo(retryDelayMs: number): string {
  return Buffer.from(encodeStatus({ code: STATUS.UNAVAILABLE, message: 'later', retryDelayMs })).toString('base64');
}

for (const [protocol, ailments] of [
  ['http', HTTP],
  ['grpc', GRPC],
] as const) {
  void test(`a sick ${protocol} destination`, async (suite) => {
    let ward: Ward;
    let residentMib = 0;

    before(async () => {
      ward = await Ward.open(protocol);
      const names = await ward.send('well');
      await ward.sick.until(names, RECOVERY_MS);
      residentMib = usageOf(ward.agent.pid).residentMib;
    });

    after(async () => ward[Symbol.asyncDispose]());

    for (const { what, fall, isPartial } of ailments) {
      await suite.test(what, async () => {
        const { sick, well } = ward;
        const undo = fall(sick);
        sick.cut();
        const requestsBefore = sick.requests;
        const connectionsBefore = sick.connections;
        const names = await ward.send(`${protocol} ${what}`);
        await well.until(names, RECOVERY_MS);
        await sleep(OUTAGE_MS);
        if (isPartial !== true) {
          assert.equal(await ward.isClosed(), false, 'the circuit is open');
          assert.ok((await ward.figure('genesis_exporter_consecutive_failures')) > 0);
          assert.match((await ward.reason()) ?? '', /failed .* since .*Z/);
          assert.ok(sick.requests - requestsBefore <= 2 * REQUESTS, `${sick.requests - requestsBefore} requests`);
          assert.ok(sick.connections - connectionsBefore <= 2 * REQUESTS, `${sick.connections} connections`);
        }
        undo?.();
        sick.heal();
        await sick.until(names, RECOVERY_MS);
        // What was taken without an answer comes a second time.
        await ward.rest();
        assert.equal(await ward.isClosed(), true, 'the circuit is closed again');
        assert.equal(await ward.figure('genesis_exporter_consecutive_failures'), 0);
        assert.equal(await ward.reason(), undefined);
      });
    }

    await suite.test('nothing is kept of all that', async () => {
      const grown = usageOf(ward.agent.pid).residentMib - residentMib;
      assert.ok(grown <= MAX_GROWTH_MIB, `${grown} MiB more than before`);
      assert.equal(await ward.figure('otelcol_exporter_in_flight_requests'), 0);
      ward.sick.cut();
      const { code, stderr } = await ward.agent.stop();
      assert.equal(code, 0, stderr);
    });
  });
}
