// A destination of remote write that keeps what it is sent and answers as it is told.

import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { snappyUncompress } from '../../../pipeline/transport/snappy.ts';
import { type RemoteWriteMessage, V1_MESSAGE, V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import { decodeRequest, type Request } from './messages.ts';

export interface Received {
  readonly headers: http.IncomingHttpHeaders;
  readonly protocol: RemoteWriteMessage;
  /** Before compression. */
  readonly message: Uint8Array;
  readonly request: Request;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string;
  /** Milliseconds before it. */
  readonly delayMs?: number;
}

export interface Sink {
  readonly url: string;
  readonly received: Received[];
  /** Asked for every request, once it is in `received`; the default takes everything. */
  answer: (received: Received) => Answer;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a receiver of 2.0 says when it has written everything. */
export function writtenAll({ request }: Received): http.OutgoingHttpHeaders {
  const sum = (of: 'samples' | 'histograms' | 'exemplars'): string =>
    String(request.timeseries.reduce((total, series) => total + series[of].length, 0));
  return {
    'X-Prometheus-Remote-Write-Samples-Written': sum('samples'),
    'X-Prometheus-Remote-Write-Histograms-Written': sum('histograms'),
    'X-Prometheus-Remote-Write-Exemplars-Written': sum('exemplars'),
  };
}

export async function startSink(port = 0): Promise<Sink> {
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const message = snappyUncompress(Buffer.concat(parts), 256 << 20);
      const protocol = String(request.headers['content-type']).includes(V2_MESSAGE) ? V2_MESSAGE : V1_MESSAGE;
      const received = {
        headers: request.headers,
        protocol,
        message,
        request: decodeRequest(protocol, message),
      } as const;
      sink.received.push(received);
      const { status = 204, headers, body = '', delayMs = 0 } = sink.answer(received);
      const end = (): void => {
        response.writeHead(status, headers ?? (protocol === V2_MESSAGE ? writtenAll(received) : {}));
        response.end(body);
      };
      if (delayMs > 0) setTimeout(end, delayMs);
      else end();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  // Safe: the address of a TCP server.
  const { port: bound } = server.address() as AddressInfo;
  const sink: Sink = {
    url: `http://127.0.0.1:${bound}/api/v1/write`,
    received: [],
    answer: () => ({}),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return sink;
}
