// Posts whole bodies over kept-alive HTTP/1.1 connections, plain or TLS, directly or through a proxy.

import http from 'node:http';
import type { Duplex } from 'node:stream';
import type { Connector } from './dial.ts';
import { AnswerTooLarge, NoAnswer } from './grpc-client.ts';

export interface HttpClientOptions {
  readonly connect: Connector;
  /** For the Host header. */
  readonly authority: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of one answer; a longer one fails the request. */
  readonly maxResponseBytes: number;
  readonly keepAlive: boolean;
  readonly maxIdleConnections: number;
  readonly maxConnections: number;
  readonly idleTimeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** A request under way. */
export interface HttpCallHandle {
  readonly answer: Promise<HttpAnswer>;
  cancel(reason: Error): void;
}

const EMPTY = new Uint8Array(0);
const NO_CHUNKS: readonly Uint8Array[] = [];

export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #closing = new AbortController();
  #agent: http.Agent;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#agent = this.#newAgent();
  }

  post(
    path: string,
    chunks: readonly Uint8Array[],
    bytes: number,
    headers: Readonly<Record<string, string>>,
  ): HttpCallHandle {
    return this.#call('POST', path, { ...this.#options.headers, ...headers, 'content-length': bytes }, chunks);
  }

  get(path: string, headers: Readonly<Record<string, string>>): HttpCallHandle {
    return this.#call('GET', path, { ...this.#options.headers, ...headers }, NO_CHUNKS);
  }

  #call(
    method: string,
    path: string,
    headers: http.OutgoingHttpHeaders,
    chunks: readonly Uint8Array[],
  ): HttpCallHandle {
    headers['host'] = this.#options.authority;
    const request = http.request({ agent: this.#agent, method, path, headers });
    const answer = new Promise<HttpAnswer>((resolve, reject) => {
      request.on('response', (response) => this.#read(response, resolve, reject));
      request.on('error', (error) =>
        reject(error instanceof NoAnswer ? error : new NoAnswer(error.message, { cause: error })),
      );
    });
    const [first] = chunks;
    if (chunks.length === 1 && first) request.end(first);
    else {
      request.cork();
      for (const chunk of chunks) request.write(chunk);
      request.end();
      request.uncork();
    }
    return { answer, cancel: (reason) => request.destroy(reason) };
  }

  /** New connections from here on (new certificates, new address); requests under way finish on the old ones. */
  reconnect(): void {
    const old = this.#agent;
    this.#agent = this.#newAgent();
    // Nobody asks the old one again, so that nothing it kept would be used or closed.
    old.maxFreeSockets = 0;
    for (const sockets of Object.values(old.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  /** Ends everything, also connections that are being made. */
  close(): void {
    this.#closing.abort();
    this.#agent.destroy();
  }

  #read(response: http.IncomingMessage, resolve: (answer: HttpAnswer) => void, reject: (error: Error) => void): void {
    const parts: Buffer[] = [];
    let received = 0;
    response.on('data', (part: Buffer) => {
      received += part.length;
      if (received > this.#options.maxResponseBytes) {
        reject(new AnswerTooLarge(`the answer is larger than ${this.#options.maxResponseBytes} bytes`));
        response.destroy();
      } else parts.push(part);
    });
    response.on('error', (error) => reject(new NoAnswer(error.message, { cause: error })));
    response.on('end', () => {
      const [first] = parts;
      const body = parts.length === 0 ? EMPTY : parts.length === 1 && first ? first : Buffer.concat(parts, received);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
  }

  #newAgent(): http.Agent {
    const { connect, keepAlive, maxIdleConnections, maxConnections, idleTimeoutMs } = this.#options;
    const agent = new http.Agent({
      keepAlive,
      maxFreeSockets: maxIdleConnections,
      maxSockets: maxConnections,
      timeout: idleTimeoutMs,
      scheduling: 'lifo',
    });
    agent.createConnection = (_options: object, done?: (error: Error | null, stream: Duplex) => void): undefined => {
      const { signal } = this.#closing;
      connect(signal).then(
        (socket) => {
          if (signal.aborted) socket.destroy(new NoAnswer('the client is closed'));
          done?.(null, socket);
        },
        // The agent's callback takes an error alone, which its type does not say.
        (error: unknown) => (done as ((error: unknown) => void) | undefined)?.(error),
      );
    };
    return agent;
  }
}
