// Spans of HTTP requests, as served and as made: the names and attributes are those of the collector's HTTP
// instrumentation (OpenTelemetry's semantic conventions for HTTP spans).

import { METHODS, type IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { SIGNALS, type Signal } from '../signal.ts';
import type { ComponentSpans, Span, SpanContext, SpanSource } from '../spans.ts';
import type { SpannedCall } from './grpc-spans.ts';

const SCOPE = { name: 'go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp' };
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

export class HttpServerSpans {
  readonly #spans: ComponentSpans;
  readonly #source: SpanSource;
  readonly #routes: ReadonlySet<string>;

  /** `routes` are the paths that are part of a span's name; others could be anything. */
  constructor(spans: ComponentSpans, routes: Iterable<string>) {
    this.#spans = spans;
    this.#source = spans.source(SCOPE);
    this.#routes = new Set(routes);
  }

  start(request: IncomingMessage | Http2ServerRequest, path: string): Span {
    const { method = 'GET', headers, socket } = request;
    const verb = KNOWN_METHODS.has(method) ? method : 'HTTP';
    const authority = headers.host ?? String(headers[':authority'] ?? '');
    const { host, port } = splitAuthority(authority);
    const peer = socket.remoteAddress ?? '';
    const [forwarded = ''] = String(headers['x-forwarded-for'] ?? '').split(',');
    return this.#source.start(this.#routes.has(path) ? `${verb} ${path}` : verb, {
      kind: 'server',
      parent: this.#spans.extract(headers),
      attributes: {
        'server.address': host,
        ...(port === undefined ? {} : { 'server.port': port }),
        'http.request.method': KNOWN_METHODS.has(method) ? method : '_OTHER',
        'url.scheme': 'encrypted' in socket ? 'https' : 'http',
        'url.path': path,
        'network.peer.address': peer,
        'network.peer.port': socket.remotePort ?? 0,
        'client.address': forwarded.trim() || peer,
        'network.protocol.version': request.httpVersionMajor === 2 ? '2' : request.httpVersion,
        ...(headers['user-agent'] === undefined ? {} : { 'user_agent.original': headers['user-agent'] }),
      },
    });
  }
}

/** `status` 0: the client went before it had an answer. */
export function endServedRequest(span: Span, status: number): void {
  if (status > 0) span.set({ 'http.response.status_code': status });
  span.end(status >= 500 ? '' : undefined);
}

export class HttpClientSpans {
  readonly #spans: ComponentSpans;
  readonly #sources: ReadonlyMap<Signal, SpanSource>;

  constructor(spans: ComponentSpans) {
    this.#spans = spans;
    this.#sources = new Map(SIGNALS.map((signal) => [signal, spans.source({ ...SCOPE, signal })]));
  }

  start(signal: Signal, url: string, parent: SpanContext): SpannedCall | undefined {
    const { hostname, port, protocol } = new URL(url);
    const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
    const span = this.#sources.get(signal)?.start('HTTP POST', {
      kind: 'client',
      parent,
      attributes: {
        'http.request.method': 'POST',
        'url.full': withoutUser(url),
        'server.address': hostname,
        'server.port': number,
        'network.protocol.version': '1.1',
      },
    });
    return span && { span, headers: this.#spans.inject(span.context) };
  }
}

export function endAnsweredRequest({ span }: SpannedCall, status: number): void {
  span.set({
    'http.response.status_code': status,
    ...(status >= 400 ? { 'error.type': String(status) } : {}),
  });
  span.end(status >= 400 ? '' : undefined);
}

export function endFailedRequest({ span }: SpannedCall, error: unknown): void {
  span.set({ 'error.type': error instanceof Error ? error.name : '_OTHER' });
  span.end(error instanceof Error ? error.message : String(error));
}

function splitAuthority(authority: string): { host: string; port: number | undefined } {
  const match = /^(.*):(\d+)$/.exec(authority);
  return match ? { host: match[1] ?? '', port: Number(match[2]) } : { host: authority, port: undefined };
}

function withoutUser(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
