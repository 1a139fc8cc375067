// What a request says of its body (Remote-Write 2.0, "Content-Type" and "Content-Encoding").

import type { IncomingHttpHeaders } from 'node:http';
import { encodingOf, type Encoding } from '../../pipeline/transport/compression.ts';
import { V1_MESSAGE, V2_MESSAGE, type RemoteWriteMessage } from '../../proto/prometheus/remote-write/fields.ts';

const PROTOBUF = 'application/x-protobuf';

export interface Content {
  readonly message: RemoteWriteMessage;
  readonly encoding: Encoding;
}

/** The message and compression, or why they are not supported: a sentence. */
export function contentOf(headers: IncomingHttpHeaders, accepted: ReadonlySet<Encoding>): Content | string {
  const message = messageOf(headers['content-type']);
  if (message === undefined) {
    return `content-type "${headers['content-type']}" is not supported; use ${PROTOBUF};proto=${V2_MESSAGE} or ${PROTOBUF}`;
  }
  const header = headers['content-encoding'] ?? '';
  const encoding =
    header === '' ? (accepted.has('identity') ? 'identity' : 'snappy') : encodingOf(header.toLowerCase());
  if (encoding === undefined || !accepted.has(encoding)) {
    return `content-encoding "${header}" is not supported; use ${[...accepted].join(', ')}`;
  }
  return { message, encoding };
}

/** Senders of 1.0 need not name the message, and old ones name nothing at all. */
function messageOf(header: string | undefined): RemoteWriteMessage | undefined {
  if (header === undefined || header === '') return V1_MESSAGE;
  const [media = '', ...parameters] = header.split(';');
  if (media.trim().toLowerCase() !== PROTOBUF) return undefined;
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=');
    if (equals === -1) return undefined;
    if (parameter.slice(0, equals).trim().toLowerCase() !== 'proto') continue;
    const name = parameter
      .slice(equals + 1)
      .trim()
      .replaceAll('"', '');
    return name === V1_MESSAGE || name === V2_MESSAGE ? name : undefined;
  }
  return V1_MESSAGE;
}
