// HTTP/2 connections as bytes, right and wrong: frames that a client would send around a gRPC call, changed one by one.

import type { SeededRandom } from '../../support/seeded-random.ts';
import { mutateBytes } from './mutate.ts';

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;
const CONTINUATION = 9;
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;

export interface Call {
  readonly path: string;
  readonly message: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** A connection with one or two calls, whole as it is or with some frames changed. */
export function connectionBytes(random: SeededRandom, calls: readonly [Call, ...Call[]]): Buffer {
  const frames: Frame[] = [{ type: SETTINGS, flags: 0, stream: 0, payload: settings(random) }];
  for (let stream = 1; stream <= (random.chance(0.3) ? 3 : 1); stream += 2) {
    frames.push(...callFrames(stream, random.pick(calls), random));
  }
  return connection(frames, random, PREFACE);
}

/** What a server sends: the answer to the first call of a connection. */
export interface Answer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly trailers: Readonly<Record<string, string>>;
}

/** A server's side of a connection, whole as it is or with some frames changed. */
export function answerBytes(random: SeededRandom, answer: Answer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(answer.body.length, 1);
  const frames: Frame[] = [
    { type: SETTINGS, flags: 0, stream: 0, payload: settings(random) },
    { type: SETTINGS, flags: ACK, stream: 0, payload: Buffer.alloc(0) },
    { type: HEADERS, flags: END_HEADERS, stream: 1, payload: headerBlock(answer.headers) },
    { type: DATA, flags: 0, stream: 1, payload: Buffer.concat([prefix, answer.body]) },
    { type: HEADERS, flags: END_HEADERS | END_STREAM, stream: 1, payload: headerBlock(answer.trailers) },
  ];
  return connection(frames, random, Buffer.alloc(0));
}

function connection(frames: readonly Frame[], random: SeededRandom, preface: Buffer): Buffer {
  const isWhole = random.chance(0.1);
  const sent = isWhole ? frames : changed(frames, random);
  const bytes = Buffer.concat([
    isWhole || random.chance(0.97) ? preface : mutateBytes(preface, random, []),
    ...sent.map((frame) => encoded(frame, isWhole || random.chance(0.95) ? 0 : random.between(-20, 20))),
  ]);
  return isWhole || random.chance(0.8) ? bytes : mutateBytes(bytes, random, []);
}

function callFrames(stream: number, call: Call, random: SeededRandom): Frame[] {
  const block = headerBlock({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': call.path,
    ':authority': 'localhost',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...call.headers,
  });
  const prefix = Buffer.alloc(5);
  prefix[0] = call.headers['grpc-encoding'] === undefined ? 0 : 1;
  prefix.writeUInt32BE(call.message.length, 1);
  const message = Buffer.concat([prefix, call.message]);
  const cut = random.below(message.length);
  const half = random.below(block.length);
  const heads: Frame[] = random.chance(0.8)
    ? [{ type: HEADERS, flags: END_HEADERS, stream, payload: block }]
    : [
        { type: HEADERS, flags: 0, stream, payload: block.subarray(0, half) },
        { type: CONTINUATION, flags: END_HEADERS, stream, payload: block.subarray(half) },
      ];
  return [
    ...heads,
    { type: DATA, flags: 0, stream, payload: message.subarray(0, cut) },
    { type: DATA, flags: END_STREAM, stream, payload: message.subarray(cut) },
  ];
}

function changed(frames: readonly Frame[], random: SeededRandom): Frame[] {
  const result = [...frames];
  for (let change = random.between(1, 3); change > 0; change -= 1) {
    const at = random.below(result.length + 1);
    const frame = result[at] ?? { type: PING, flags: 0, stream: 0, payload: Buffer.alloc(8) };
    switch (random.below(7)) {
      case 0:
        result.splice(at, 1);
        break;
      case 1:
        result.splice(at, 0, ...Array.from({ length: random.pick([1, 2, 60]) }, () => frame));
        break;
      case 2:
        result[at] = { ...frame, type: random.below(13) };
        break;
      case 3:
        result[at] = { ...frame, flags: random.below(256) };
        break;
      case 4:
        result[at] = { ...frame, stream: random.pick([0, 1, 2, 3, 5, 0x7fff_ffff]) };
        break;
      case 5:
        result[at] = { ...frame, payload: mutateBytes(frame.payload, random, []) };
        break;
      default:
        result.splice(at, 0, another(random));
    }
  }
  return result;
}

/** A frame that belongs to no call. */
function another(random: SeededRandom): Frame {
  const stream = random.pick([0, 1, 3]);
  switch (random.below(5)) {
    case 0:
      return { type: SETTINGS, flags: random.below(2), stream: 0, payload: settings(random) };
    case 1:
      return { type: WINDOW_UPDATE, flags: 0, stream, payload: number(random.pick([0, 1, 0x7fff_ffff])) };
    case 2:
      return { type: RST_STREAM, flags: 0, stream, payload: number(random.below(16)) };
    case 3:
      return { type: GOAWAY, flags: 0, stream: 0, payload: Buffer.concat([number(stream), number(random.below(16))]) };
    default:
      return { type: PING, flags: random.below(2), stream: 0, payload: random.bytes(8) };
  }
}

function settings(random: SeededRandom): Buffer {
  const pairs = Array.from({ length: random.below(3) }, () => {
    const pair = Buffer.alloc(6);
    pair.writeUInt16BE(random.between(1, 9), 0);
    pair.writeUInt32BE(random.pick([0, 1, 100, 0x4000, 0x7fff_ffff, 0xffff_ffff]), 2);
    return pair;
  });
  return Buffer.concat(pairs);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** `lie` is added to the length that the frame's head tells. */
function encoded({ type, flags, stream, payload }: Frame, lie: number): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(Math.max(0, payload.length + lie), 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(Object.entries(headers).map(([name, value]) => literal(name, value)));
}

/** HPACK: a literal header that is not indexed, not compressed (RFC 7541, section 6.2.2). */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  const length = bytes.length < 127 ? [bytes.length] : [127];
  for (let left = bytes.length - 127; left >= 0; left = left < 128 ? -1 : left >> 7) {
    length.push(left < 128 ? left : (left & 127) | 128);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** Whether a server's bytes hold the head of an answer. */
export function hasAnswer(bytes: Buffer): boolean {
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] === HEADERS) return true;
  }
  return false;
}
