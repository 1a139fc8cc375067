// For tests of whole agents with a queue on disk: a configuration, spans that can be told apart, and a destination that can
// be down.

import http from 'node:http';
import { decode } from '../proto/reference.ts';
import { httpRequest } from './http-request.ts';
import { tracesRequest } from './requests.ts';

export interface DurableSetup {
  readonly receiver: number;
  readonly metrics: number;
  readonly destination: number;
  readonly directory: string;
  /** Of the exporter; the collector has an old and a new spelling. */
  readonly exporter?: string;
  readonly storage?: object;
  readonly queue?: object;
  readonly admin?: number;
}

export function durableConfiguration(setup: DurableSetup): object {
  const { exporter = 'otlp_http', admin } = setup;
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${setup.receiver}` } } } },
    exporters: {
      [exporter]: {
        endpoint: `http://127.0.0.1:${setup.destination}`,
        compression: 'none',
        retry_on_failure: { initial_interval: '50ms', max_interval: '200ms', max_elapsed_time: 0 },
        sending_queue: { storage: 'file_storage', queue_size: 1_000_000, ...setup.queue },
      },
    },
    extensions: {
      file_storage: { directory: setup.directory, ...setup.storage },
      ...(admin === undefined ? {} : { zpages: { endpoint: `127.0.0.1:${admin}` } }),
    },
    service: {
      extensions: ['file_storage', ...(admin === undefined ? [] : ['zpages'])],
      telemetry: {
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: setup.metrics } } } }] },
      },
      pipelines: { traces: { receivers: ['otlp'], exporters: [exporter] } },
    },
  };
}

/** Sends span `number`; true when it was acknowledged. A connection that breaks is no acknowledgement. */
export async function sendSpan(receiver: number, number: number): Promise<boolean> {
  try {
    const answer = await httpRequest(`http://127.0.0.1:${receiver}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(tracesRequest(1, { firstTrace: number })),
    });
    return answer.status === 200;
  } catch {
    return false;
  }
}

/** A destination that answers 503 while it is down, and knows the numbers of the spans it took, in their order. */
export class Backend implements AsyncDisposable {
  isDown = false;
  readonly numbers: number[] = [];
  readonly #server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (!this.isDown) this.numbers.push(...numbersIn(Buffer.concat(parts)));
      response.writeHead(this.isDown ? 503 : 200, { 'content-type': 'application/x-protobuf' });
      response.end();
    });
  });

  static async start(): Promise<Backend> {
    const backend = new Backend();
    await new Promise<void>((resolve) => backend.#server.listen(0, '127.0.0.1', resolve));
    return backend;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

interface Traces {
  readonly resourceSpans: { readonly scopeSpans: { readonly spans: { readonly traceId: Uint8Array }[] }[] }[];
}

function numbersIn(body: Uint8Array): number[] {
  // The reference decoder gives what the .proto file says.
  const { resourceSpans } = decode('traces', body) as unknown as Traces;
  return resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ traceId }) => Buffer.from(traceId).readUInt32BE(12))),
  );
}
