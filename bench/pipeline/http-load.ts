// Load over OTLP/HTTP from this process: bodies sent one after the other over a few kept connections, as fast as answers come.

import http from 'node:http';

export interface HttpLoad {
  /** Sends for so long; gives the number of requests, all of them answered with 200. */
  send(seconds: number): Promise<number>;
  close(): void;
}

export function httpLoad(
  target: { readonly port: number; readonly path: string },
  bodies: readonly Uint8Array[],
  connections: number,
): HttpLoad {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const send = async (seconds: number): Promise<number> => {
    let sent = 0;
    const until = Date.now() + seconds * 1000;
    const sender = async (first: number): Promise<void> => {
      for (let index = first; Date.now() < until; index++) {
        await post(agent, target, bodies[index % bodies.length] ?? new Uint8Array(0));
        sent += 1;
      }
    };
    await Promise.all(Array.from({ length: connections }, (_, index) => sender(index)));
    return sent;
  };
  return { send, close: () => agent.destroy() };
}

function post(
  agent: http.Agent,
  { port, path }: { readonly port: number; readonly path: string },
  body: Uint8Array,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
    const request = http.request({ agent, port, host: '127.0.0.1', path, method: 'POST', headers }, (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}
