// google.rpc.Status and partial success as OTLP/JSON.

import type { OtlpSignal } from '../otlp/signals.ts';
import type { PartialSuccess } from '../export-response.ts';
import { BAD_REQUEST_TYPE, cut, RETRY_INFO_TYPE, type RpcStatus } from '../status.ts';

/** The field that counts rejected items, by signal. */
const REJECTED: Readonly<Record<OtlpSignal, string>> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
  profiles: 'rejectedProfiles',
};

/** A google.protobuf.Duration as protobuf's JSON writes it: seconds with up to nine decimals. */
const DURATION = /^(-?\d{1,12}(?:\.\d{1,9})?)s$/;

export function statusToJson(status: RpcStatus): string {
  const details: object[] = [];
  if (status.retryDelayMs !== undefined) {
    details.push({ '@type': RETRY_INFO_TYPE, retryDelay: `${status.retryDelayMs / 1000}s` });
  }
  if (status.fieldViolations !== undefined) {
    details.push({ '@type': BAD_REQUEST_TYPE, fieldViolations: status.fieldViolations });
  }
  return JSON.stringify({
    code: status.code,
    message: cut(status.message),
    ...(details.length > 0 ? { details } : {}),
  });
}

/** Undefined for bytes that are no Status. */
export function statusFromJson(body: Uint8Array): RpcStatus | undefined {
  const parsed = parseObject(body);
  if (!parsed) return undefined;
  const { code, message, details } = parsed;
  const retryDelayMs = Array.isArray(details) ? retryDelayOf(details) : undefined;
  return {
    code: typeof code === 'number' ? code : 0,
    message: typeof message === 'string' ? cut(message) : '',
    ...(retryDelayMs === undefined ? {} : { retryDelayMs }),
  };
}

export function partialSuccessToJson(signal: OtlpSignal, rejected: number, message: string): string {
  return JSON.stringify({
    partialSuccess: {
      ...(rejected > 0 ? { [REJECTED[signal]]: String(rejected) } : {}),
      ...(message === '' ? {} : { errorMessage: cut(message) }),
    },
  });
}

/** Undefined for a full success, and for bytes that are no response. */
export function partialSuccessFromJson(body: Uint8Array): PartialSuccess | undefined {
  const partial = parseObject(body)?.['partialSuccess'];
  if (!isObject(partial)) return undefined;
  const counted = Object.values(REJECTED).map((name) => Number(partial[name] ?? 0));
  const rejected = counted.find((count) => Number.isInteger(count) && count > 0) ?? 0;
  const { errorMessage } = partial;
  const message = typeof errorMessage === 'string' ? cut(errorMessage) : '';
  return rejected > 0 || message !== '' ? { rejected, message } : undefined;
}

function retryDelayOf(details: readonly unknown[]): number | undefined {
  for (const detail of details) {
    if (!isObject(detail) || detail['@type'] !== RETRY_INFO_TYPE) continue;
    const { retryDelay } = detail;
    const seconds = typeof retryDelay === 'string' ? DURATION.exec(retryDelay)?.[1] : undefined;
    if (seconds !== undefined) return Math.max(0, Number(seconds) * 1000);
  }
  return undefined;
}

function parseObject(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
