// Asks metadata services: one request at a time on a connection of its own, with a short wait and a bounded answer.

import http from 'node:http';
import { NotThere } from './detected.ts';

/** A metadata service is on the same machine; one that takes longer is not there. */
const CONNECT_MS = 1_000;
const ANSWER_MS = 2_000;
const MOST_BYTES = 1 << 20;

export interface MetadataRequest {
  readonly method?: 'GET' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  /** A Unix socket in place of the URL's host. */
  readonly socketPath?: string;
  readonly signal: AbortSignal;
}

export interface MetadataAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** Somebody is there who does not answer. */
export class NoAnswer extends NotThere {}

/** Fails with NotThere where nobody is there in time, with NoAnswer where somebody is who does not answer, and with an Error where the answer is larger than 1 MiB. */
export function askMetadata(url: string, request: MetadataRequest): Promise<MetadataAnswer> {
  const { method = 'GET', headers = {}, socketPath } = request;
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(ANSWER_MS)]);
  return new Promise((resolve, reject) => {
    let isConnected = false;
    const fail = (error: Error): void => {
      clearTimeout(connecting);
      const Failure = isConnected ? NoAnswer : NotThere;
      const reason = signal.aborted ? 'no answer in time' : error.message;
      reject(new Failure(`${socketPath ?? url}: ${reason}`, { cause: error }));
    };
    const options = { method, headers, agent: false, signal, ...(socketPath !== undefined && { socketPath }) };
    const sent = http.request(url, options, (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes <= MOST_BYTES) parts.push(part);
        else response.destroy(new Error(`the answer is larger than ${MOST_BYTES} bytes`));
      });
      response.on('error', fail);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(parts).toString('utf8'),
        }),
      );
    });
    const connecting = setTimeout(() => sent.destroy(new Error('no connection in time')), CONNECT_MS);
    sent.on('socket', (socket) =>
      socket.once('connect', () => {
        isConnected = true;
        clearTimeout(connecting);
      }),
    );
    sent.on('error', fail);
    sent.end();
  });
}

/** As `askMetadata`; besides fails with NotThere where the status is not 200. */
export async function metadataText(url: string, request: MetadataRequest): Promise<string> {
  const { status, text } = await askMetadata(url, request);
  if (status !== 200) throw new NotThere(`${request.socketPath ?? ''}${url} answered with status ${status}`);
  return text;
}

/** Fails with an Error where the text is no JSON object. */
export function jsonObject(text: string, what: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${what} is no JSON`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no JSON object`);
  // Safe: an object can be read by the names of its keys.
  return value as Readonly<Record<string, unknown>>;
}

/** Undefined where it is no text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
