// google.rpc.Status with the two details OTLP uses, RetryInfo and BadRequest, as protobuf (proto/google/rpc/status.proto).

import { joinWords, LENGTH_DELIMITED, MalformedProto, ProtoReader, VARINT } from './wire.ts';
import { ProtoWriter } from './wire-writer.ts';

export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  /** RetryInfo.retry_delay, in ms; what is negative on the wire is read as 0. */
  readonly retryDelayMs?: number;
  /** BadRequest.field_violations. */
  readonly fieldViolations?: readonly { readonly field: string; readonly description: string }[];
}

export const RETRY_INFO_TYPE = 'type.googleapis.com/google.rpc.RetryInfo';
export const BAD_REQUEST_TYPE = 'type.googleapis.com/google.rpc.BadRequest';

/**
 * Messages are cut here, written and read: over gRPC a Status travels in a header, and peers accept no more than 8 KiB of
 * headers; and a peer's words stay in logs and among the drops.
 */
const MAX_TEXT_LENGTH = 1_024;

export function encodeStatus(status: RpcStatus): Uint8Array {
  const writer = new ProtoWriter(256);
  if (status.code !== 0) writer.int32Field(1, status.code);
  if (status.message !== '') writer.stringField(2, cut(status.message));
  if (status.retryDelayMs !== undefined) writeAny(writer, RETRY_INFO_TYPE, retryInfo(status.retryDelayMs));
  if (status.fieldViolations !== undefined) writeAny(writer, BAD_REQUEST_TYPE, badRequest(status.fieldViolations));
  return writer.finish();
}

/** Unknown details are skipped. Bytes that are no Status give undefined: a peer's nonsense is no reason to fail. */
export function decodeStatus(bytes: Uint8Array): RpcStatus | undefined {
  try {
    const reader = new ProtoReader(bytes);
    let code = 0;
    let message = '';
    let retryDelayMs: number | undefined;
    while (reader.next()) {
      if (reader.field === 1 && reader.type === VARINT) code = reader.int32();
      else if (reader.field === 2 && reader.type === LENGTH_DELIMITED)
        message = cut(text(bytes, reader.start, reader.stop));
      else if (reader.field === 3 && reader.type === LENGTH_DELIMITED) {
        retryDelayMs = retryDelayOf(bytes.subarray(reader.start, reader.stop)) ?? retryDelayMs;
      }
    }
    return { code, message, ...(retryDelayMs === undefined ? {} : { retryDelayMs }) };
  } catch (error) {
    if (error instanceof MalformedProto) return undefined;
    throw error;
  }
}

function writeAny(writer: ProtoWriter, typeUrl: string, value: Uint8Array): void {
  const any = new ProtoWriter(typeUrl.length + value.length + 16);
  any.stringField(1, typeUrl);
  any.bytesField(2, value);
  writer.bytesField(3, any.view());
}

function retryInfo(delayMs: number): Uint8Array {
  const duration = new ProtoWriter(16);
  const seconds = Math.floor(delayMs / 1000);
  const nanos = Math.round((delayMs - seconds * 1000) * 1e6);
  if (seconds > 0) duration.int64Field(1, BigInt(seconds));
  if (nanos > 0) duration.int32Field(2, nanos);
  const info = new ProtoWriter(32);
  info.bytesField(1, duration.view());
  return info.finish();
}

function badRequest(violations: readonly { readonly field: string; readonly description: string }[]): Uint8Array {
  const writer = new ProtoWriter(128);
  for (const { field, description } of violations) {
    const violation = new ProtoWriter(64);
    violation.stringField(1, field);
    violation.stringField(2, cut(description));
    writer.bytesField(1, violation.view());
  }
  return writer.finish();
}

/** The delay of an Any that holds RetryInfo; undefined for any other. */
function retryDelayOf(any: Uint8Array): number | undefined {
  const reader = new ProtoReader(any);
  let type = '';
  let value: Uint8Array = any.subarray(0, 0);
  while (reader.next()) {
    if (reader.type !== LENGTH_DELIMITED) continue;
    if (reader.field === 1) type = text(any, reader.start, reader.stop);
    else if (reader.field === 2) value = any.subarray(reader.start, reader.stop);
  }
  if (!type.endsWith('/google.rpc.RetryInfo')) return undefined;
  const info = new ProtoReader(value);
  let seconds = 0n;
  let nanos = 0;
  while (info.next()) {
    if (info.field !== 1 || info.type !== LENGTH_DELIMITED) continue;
    const duration = new ProtoReader();
    duration.reset(value, info.start, info.stop);
    while (duration.next()) {
      if (duration.type !== VARINT) continue;
      if (duration.field === 1) seconds = BigInt.asIntN(64, joinWords(duration.lo, duration.hi));
      else if (duration.field === 2) nanos = duration.int32();
    }
  }
  return Math.max(0, Number(seconds) * 1000 + nanos / 1e6);
}

function text(bytes: Uint8Array, start: number, stop: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString('utf8');
}

/** A message of a length that fits every answer. */
export function cut(message: string): string {
  return message.length > MAX_TEXT_LENGTH ? `${message.slice(0, MAX_TEXT_LENGTH)}…` : message;
}
