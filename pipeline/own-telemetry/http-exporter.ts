// Sends the agent's own telemetry as OTLP over HTTP with protobuf. What can not be sent is not kept: the next export says
// what matters.

import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { AgentError } from '../errors.ts';
import type { OwnExporter } from './running.ts';
import type { OtlpSettings } from './settings.ts';

const compress = promisify(gzip);
/** otelconf's default. */
export const DEFAULT_TIMEOUT_MS = 10_000;
/** Of an answer's body as much is read for the message. */
const MAX_ANSWER_BYTES = 2_000;

/** `signalPath` (`/v1/metrics`) is used where the endpoint names no path. Fails with TELEMETRY_EXPORT. */
export function httpExporter(settings: OtlpSettings, signalPath: string): OwnExporter {
  const url = endpointUrl(settings, signalPath);
  const headers = headersOf(settings);
  const isGzip = isGzipped(settings);
  const tls = tlsOf(settings);
  return {
    name: settings.endpoint,
    form: 'protobuf',
    timeoutMs: settings.timeout ?? DEFAULT_TIMEOUT_MS,
    async send(body, timeoutMs): Promise<void> {
      const sent = isGzip ? await compress(body) : body;
      await post(url, sent, {
        timeoutMs,
        tls,
        headers: {
          ...headers,
          'content-type': 'application/x-protobuf',
          'content-length': String(sent.length),
          ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
        },
      });
    },
    close: () => Promise.resolve(),
  };
}

function endpointUrl(settings: OtlpSettings, signalPath: string): URL {
  const { endpoint } = settings;
  const scheme = settings.insecure === true ? 'http://' : 'https://';
  const text = /^https?:\/\//.test(endpoint) ? endpoint : `${scheme}${endpoint}`;
  if (!URL.canParse(text)) {
    throw new AgentError('TELEMETRY_EXPORT', `"${endpoint}" is not an endpoint; expected http://host:4318`, {
      path: 'service::telemetry',
    });
  }
  const url = new URL(text);
  if (url.pathname === '' || url.pathname === '/') url.pathname = signalPath;
  return url;
}

/** `headers_list` and `headers`, the latter winning. */
export function headersOf(settings: OtlpSettings): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of settings.headers_list?.split(',') ?? []) {
    const equals = pair.indexOf('=');
    if (equals > 0) headers[pair.slice(0, equals).trim()] = decodeURIComponent(pair.slice(equals + 1).trim());
  }
  for (const { name, value } of settings.headers ?? []) if (value !== null) headers[name] = value;
  return headers;
}

/** Whether to compress. Fails with TELEMETRY_EXPORT for anything but gzip and none. */
export function isGzipped({ compression = 'none' }: OtlpSettings): boolean {
  if (compression === 'gzip' || compression === 'none') return compression === 'gzip';
  throw new AgentError('TELEMETRY_EXPORT', `compression "${compression}" is not known here; expected gzip or none`, {
    path: 'service::telemetry',
  });
}

interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

function tlsOf(settings: OtlpSettings): TlsFiles {
  return {
    ...(settings.certificate ? { ca: readFile(settings.certificate) } : {}),
    ...(settings.client_certificate ? { cert: readFile(settings.client_certificate) } : {}),
    ...(settings.client_key ? { key: readFile(settings.client_key) } : {}),
  };
}

function post(
  url: URL,
  body: Uint8Array,
  how: { readonly timeoutMs: number; readonly headers: Record<string, string>; readonly tls: TlsFiles },
): Promise<void> {
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const options = { method: 'POST', headers: how.headers, signal: AbortSignal.timeout(how.timeoutMs), ...how.tls };
  return new Promise((resolve, reject) => {
    const sending = request(url, options, (response) => {
      const status = response.statusCode ?? 0;
      let answer = '';
      response.on('data', (part: Buffer) => {
        if (answer.length < MAX_ANSWER_BYTES) answer += part.toString('latin1');
      });
      response.on('error', reject);
      response.on('end', () => {
        if (status >= 200 && status < 300) resolve();
        else reject(new Error(`${url.origin} answered ${status}: ${answer.slice(0, MAX_ANSWER_BYTES)}`));
      });
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new AgentError('TELEMETRY_EXPORT', `can not read ${path}: ${String(error)}`, {
      path: 'service::telemetry',
      cause: error,
    });
  }
}
