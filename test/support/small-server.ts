// An HTTP server that answers small documents, for whatever fetches such: what was asked is kept.

import http from 'node:http';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export type Answer =
  | { readonly status?: number; readonly headers?: http.OutgoingHttpHeaders; readonly body: string | object }
  | undefined;

export interface SmallServer extends AsyncDisposable {
  readonly url: string;
  readonly asked: Asked[];
}

/** `answer` may wait; undefined never answers. On a port of its own, or a Unix socket. */
export async function smallServer(
  answer: (asked: Asked) => Answer | Promise<Answer>,
  socketPath?: string,
): Promise<SmallServer> {
  const asked: Asked[] = [];
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, headers, body: Buffer.concat(parts).toString() };
      asked.push(one);
      void Promise.resolve(answer(one)).then((given) => {
        if (!given) return;
        response.writeHead(given.status ?? 200, { 'content-type': 'application/json', ...given.headers });
        response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
      });
    });
  });
  await new Promise<void>((resolve) => {
    if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(socketPath, resolve);
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
