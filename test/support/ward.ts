// An agent in front of two destinations, one that falls ill and one that is always well: what it is sent, and what its live
// view says of the sick one.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from '../proto/reference.ts';
import { freePorts, startAgent, type Program } from './agent.ts';
import { httpRequest } from './http-request.ts';
import { SickDestination } from './sick-destination.ts';

export const REQUESTS = 30;
/** In which a destination that is well again has everything. */
export const RECOVERY_MS = 8_000;
/** Of padding in each request, so that memory that is kept would be noticed. */
const PADDING = 'x'.repeat(50_000);
const GET = { method: 'GET' };

export interface WardOptions {
  readonly protocol: 'grpc' | 'http';
  readonly sick: SickDestination;
  /** Where the sick one is reached, and how, where that is not plainly on its port. */
  readonly settings?: object;
  /** What starts the agent, where that is not its launcher. */
  readonly command?: string;
  readonly argsBefore?: readonly string[];
}

function request(name: string): Uint8Array {
  const span = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1), name };
  const attributes = [{ key: 'padding', value: { stringValue: PADDING } }];
  return encode('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, attributes }] }] }] });
}

interface Ports {
  readonly receive: number;
  readonly admin: number;
  readonly metrics: number;
}

function configuration({ protocol, sick, settings }: WardOptions, ports: Ports, well: SickDestination): object {
  const place =
    protocol === 'grpc'
      ? { endpoint: `127.0.0.1:${sick.port}`, tls: { insecure: true } }
      : { endpoint: `http://127.0.0.1:${sick.port}` };
  const ill = {
    timeout: '500ms',
    retry_on_failure: { initial_interval: '100ms', max_interval: '1s', max_elapsed_time: 0 },
    compression: 'none',
    ...(settings ?? place),
  };
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

export class Ward implements AsyncDisposable {
  readonly #protocol: 'grpc' | 'http';
  readonly #ports: Ports;
  readonly agent: Program;
  readonly sick: SickDestination;
  readonly well: SickDestination;

  private constructor({ protocol, sick }: WardOptions, ports: Ports, agent: Program, well: SickDestination) {
    this.#protocol = protocol;
    this.#ports = ports;
    this.agent = agent;
    this.sick = sick;
    this.well = well;
  }

  /** The sick one is its own from here on. */
  static async open(options: WardOptions): Promise<Ward> {
    const [receive = 0, admin = 0, metrics = 0] = await freePorts(3);
    const ports = { receive, admin, metrics };
    const well = await SickDestination.start('http');
    try {
      const { command, argsBefore } = options;
      const agent = await startAgent({
        config: configuration(options, ports, well),
        ...(command === undefined ? {} : { command }),
        ...(argsBefore === undefined ? {} : { argsBefore }),
      });
      return new Ward(options, ports, agent, well);
    } catch (error) {
      await options.sick[Symbol.asyncDispose]();
      await well[Symbol.asyncDispose]();
      throw error;
    }
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
