// A record of a segment: a header of 32 bytes with two checksums, what is known of the client, the OTLP bytes.
//
//    0 key of the segment   8 items          16 length of metadata   24 CRC-32C of metadata and body
//    4 index in it         12 length of body 20 kind, three zeros    28 CRC-32C of the bytes before it
//
// Numbers are little-endian. The key is random and stands in the segment's name, so that bytes a client sent are never
// taken for a record when a reader looks for the next one behind damage.

import { NO_CLIENT, type Batch, type ClientContext } from '../batch.ts';
import { SIGNALS, type Signal } from '../signal.ts';
import type { Span, SpanContext } from '../spans.ts';
import { crc32c } from '../transport/crc32c.ts';
import type { Amount } from './storage.ts';

export const HEADER_BYTES = 32;
/** Records of a kind from 1 on hold batches of a signal: 1 + its place in SIGNALS, which only grows. */
export const KIND_TOTAL = 0;
const TOTAL_BODY_BYTES = 24;
/** Of the record that closes a segment. */
export const TOTAL_BYTES = HEADER_BYTES + TOTAL_BODY_BYTES;
const EMPTY = Buffer.alloc(0);

/** What is known of a batch before it has a place in a segment. */
export interface Prepared {
  readonly batch: Batch;
  readonly metadata: Buffer;
  readonly crc: number;
  /** The record's length in bytes. */
  readonly length: number;
}

/** The costly part, done while earlier records are on their way to the disk. */
export function prepare(batch: Batch): Prepared {
  const metadata = encodeMetadata(batch.context);
  let crc = metadata.length === 0 ? 0 : crc32c(metadata);
  for (const chunk of batch.chunks) crc = crc32c(chunk, crc);
  return { batch, metadata, crc, length: HEADER_BYTES + metadata.length + batch.bytes };
}

/** Appends the record's parts to `parts`, without copying the batch. */
export function pushRecord(parts: Uint8Array[], prepared: Prepared, key: number, index: number): void {
  const { batch, metadata, crc } = prepared;
  parts.push(header(key, index, batch.items, batch.bytes, metadata.length, 1 + SIGNALS.indexOf(batch.signal), crc));
  if (metadata.length > 0) parts.push(metadata);
  for (const chunk of batch.chunks) parts.push(chunk);
}

function header(
  key: number,
  index: number,
  items: number,
  bodyBytes: number,
  metadataBytes: number,
  kind: number,
  crc: number,
): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES);
  bytes.writeUInt32LE(key, 0);
  bytes.writeUInt32LE(index, 4);
  bytes.writeUInt32LE(items, 8);
  bytes.writeUInt32LE(bodyBytes, 12);
  bytes.writeUInt32LE(metadataBytes, 16);
  bytes.writeUInt32LE(kind, 20);
  bytes.writeUInt32LE(crc, 24);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 28)), 28);
  return bytes;
}

/** The record that closes a segment: what is in it, so that opening it again need not read it. */
export function totalRecord(key: number, total: Amount): Buffer {
  const body = Buffer.alloc(TOTAL_BODY_BYTES);
  body.writeDoubleLE(total.requests, 0);
  body.writeDoubleLE(total.items, 8);
  body.writeDoubleLE(total.bytes, 16);
  return Buffer.concat([header(key, total.requests, 0, body.length, 0, KIND_TOTAL, crc32c(body)), body]);
}

/** What the closing record says; undefined where `bytes` is not one. */
export function readTotal(bytes: Buffer, key: number): Amount | undefined {
  const found = headerAt(bytes, 0, key);
  if (!found || found.kind !== KIND_TOTAL || bytes.length !== TOTAL_BYTES) return undefined;
  const body = bytes.subarray(HEADER_BYTES);
  if (crc32c(body) !== found.crc) return undefined;
  return { requests: body.readDoubleLE(0), items: body.readDoubleLE(8), bytes: body.readDoubleLE(16) };
}

export interface RecordHeader {
  readonly index: number;
  readonly items: number;
  readonly bodyBytes: number;
  readonly metadataBytes: number;
  readonly kind: number;
  readonly crc: number;
  /** Of the whole record. */
  readonly length: number;
}

/** The header at `at`; undefined where none of this segment is. */
export function headerAt(bytes: Buffer, at: number, key: number): RecordHeader | undefined {
  if (at + HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== key) return undefined;
  if (crc32c(bytes.subarray(at, at + 28)) !== bytes.readUInt32LE(at + 28)) return undefined;
  const bodyBytes = bytes.readUInt32LE(at + 12);
  const metadataBytes = bytes.readUInt32LE(at + 16);
  return {
    index: bytes.readUInt32LE(at + 4),
    items: bytes.readUInt32LE(at + 8),
    bodyBytes,
    metadataBytes,
    kind: bytes.readUInt32LE(at + 20),
    crc: bytes.readUInt32LE(at + 24),
    length: HEADER_BYTES + metadataBytes + bodyBytes,
  };
}

/** Where the next header of this segment begins from `from` on; −1 where none does in `bytes`. */
export function findHeader(bytes: Buffer, from: number, key: number): number {
  const wanted = Buffer.allocUnsafe(4);
  wanted.writeUInt32LE(key, 0);
  for (let at = bytes.indexOf(wanted, from); at !== -1; at = bytes.indexOf(wanted, at + 1)) {
    if (headerAt(bytes, at, key)) return at;
  }
  return -1;
}

/** The batch of the record at `at`, whose bytes are all there; undefined where they are damaged. */
export function batchAt(bytes: Buffer, at: number, found: RecordHeader): Batch | undefined {
  const signal: Signal | undefined = SIGNALS[found.kind - 1];
  const content = bytes.subarray(at + HEADER_BYTES, at + found.length);
  if (!signal || crc32c(content) !== found.crc) return undefined;
  const body = content.subarray(found.metadataBytes);
  const context = decodeMetadata(content.subarray(0, found.metadataBytes));
  return { signal, chunks: [body], items: found.items, bytes: body.length, context };
}

/** Of a client: metadata, address, span, links. What an authenticator found out stays in memory: it may be a secret. */
type StoredClient = readonly [
  Readonly<Record<string, readonly string[]>>,
  string | null,
  SpanContext | null,
  readonly SpanContext[],
];

function encodeMetadata({ metadata, address, span, links }: ClientContext): Buffer {
  if (metadata.size === 0 && address === undefined && !span && !links) return EMPTY;
  const stored: StoredClient = [Object.fromEntries(metadata), address ?? null, span?.context ?? null, links ?? []];
  return Buffer.from(JSON.stringify(stored));
}

function decodeMetadata(bytes: Buffer): ClientContext {
  if (bytes.length === 0) return NO_CLIENT;
  // Safe: the checksum holds, so these are the bytes that encodeMetadata made, or version 0.1.0, which kept metadata alone.
  const stored = JSON.parse(bytes.toString()) as StoredClient | StoredClient[0];
  if (!isWhole(stored)) return { metadata: new Map(Object.entries(stored)) };
  const [entries, address, span, links] = stored;
  return {
    metadata: new Map(Object.entries(entries)),
    ...(address === null ? {} : { address }),
    ...(span ? { span: new EndedSpan(span) } : {}),
    ...(links.length > 0 ? { links } : {}),
  };
}

function isWhole(stored: StoredClient | StoredClient[0]): stored is StoredClient {
  return Array.isArray(stored);
}

/** A span of before, whose delivery still belongs to it. */
class EndedSpan implements Span {
  readonly context: SpanContext;

  constructor(context: SpanContext) {
    this.context = context;
  }

  set(): void {
    // It has been exported.
  }

  event(): void {
    // It has been exported.
  }

  end(): void {
    // It has ended.
  }
}
