// A batch: OTLP bytes on their way through a pipeline. Nothing in it is ever changed; who edits makes a new batch.

import type { Signal } from './signal.ts';
import type { Span, SpanContext } from './spans.ts';

/** What a receiver knows about the client that sent a batch. */
export interface ClientContext {
  /** Request metadata (gRPC metadata, HTTP headers), lower-case keys; empty unless the receiver has `include_metadata`. */
  readonly metadata: ReadonlyMap<string, readonly string[]>;
  /** The peer's address without port, where known. */
  readonly address?: string;
  /** What an authenticator found out about the client. */
  readonly auth?: ReadonlyMap<string, unknown>;
  /** Counts what is kept of the client in memory; the same object for all its requests. */
  readonly account?: MemoryAccount;
  /** The agent's own span in which the batch is on its way, while such are recorded… */
  readonly span?: Span | undefined;
  /** …or, of a batch merged from several, those of its parts. */
  readonly links?: readonly SpanContext[];
}

/** Whoever keeps bytes of a client after it was answered holds them, and releases as many. */
export interface MemoryAccount {
  hold(bytes: number): void;
  release(bytes: number): void;
}

/** The compressed form of exactly this batch's bytes as it came over the wire: may be sent on as it is. */
export interface WireForm {
  readonly encoding: 'gzip' | 'zstd';
  readonly body: Uint8Array;
}

export interface Batch {
  readonly signal: Signal;
  /**
   * Each chunk is a serialised `Export…ServiceRequest`; so the concatenation of all chunks is one too (repeated field 1
   * concatenates), except for profiles, whose batches always have one chunk because of their shared dictionary.
   */
  readonly chunks: readonly Uint8Array[];
  /** Spans, data points, log records or profile samples. */
  readonly items: number;
  /** Sum of the chunks' lengths. */
  readonly bytes: number;
  readonly context: ClientContext;
  /** Present only while nobody changed the bytes; whoever makes a new batch leaves it out. */
  readonly wire?: WireForm;
}

export const NO_CLIENT: ClientContext = { metadata: new Map() };

/** A batch of one chunk. `items` must be the number of items in it (proto/otlp/count.ts). */
export function batchOf(signal: Signal, chunk: Uint8Array, items: number, context: ClientContext = NO_CLIENT): Batch {
  return { signal, chunks: [chunk], items, bytes: chunk.length, context };
}

/** The same client and signal with other bytes. */
export function withChunks(batch: Batch, chunks: readonly Uint8Array[], items: number): Batch {
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.length;
  return { signal: batch.signal, chunks, items, bytes, context: batch.context };
}

/** The batch's bytes as one buffer: the chunk itself where there is one, a copy otherwise. */
export function joinChunks(batch: Batch): Uint8Array {
  const [first] = batch.chunks;
  if (batch.chunks.length === 1 && first) return first;
  return Buffer.concat(batch.chunks, batch.bytes);
}

/** What keeping the batch costs: its bytes, and its compressed form where that is kept as well. */
export function memoryOf(batch: Batch): number {
  return batch.bytes + (batch.wire?.body.length ?? 0);
}
