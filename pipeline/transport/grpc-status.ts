// gRPC status codes and how a failed call is told to the other side (grpc PROTOCOL-HTTP2.md, "Responses").

export const GRPC_STATUS = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type GrpcStatusCode = (typeof GRPC_STATUS)[keyof typeof GRPC_STATUS];

const NAMES = new Map<number, string>(Object.entries(GRPC_STATUS).map(([name, code]) => [code, name]));

/** `UNAVAILABLE` for 14; `code 77` for a number nobody defined. */
export function grpcStatusName(code: number): string {
  return NAMES.get(code) ?? `code ${code}`;
}

/** A call answered with something else than OK. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly status: GrpcStatusCode;
  /** A serialised google.rpc.Status for `grpc-status-details-bin`. */
  readonly details: Uint8Array | undefined;
  /** Metadata of the answer, lower case. */
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(
    status: GrpcStatusCode,
    message: string,
    details?: Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ) {
    super(message);
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}

/** `grpc-message`: percent-encoded UTF-8, bounded so that the answer stays small. */
export function encodeGrpcMessage(message: string): string {
  const bytes = Buffer.from(message.length > 1_024 ? `${message.slice(0, 1_024)}…` : message, 'utf8');
  let text = '';
  for (const byte of bytes) {
    text +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

export function decodeGrpcMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A peer that does not encode: its text is still the best there is.
    return text;
  }
}
