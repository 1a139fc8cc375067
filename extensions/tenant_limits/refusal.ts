// What a client hears that is over a limit: which one, how to raise it, and the fields of RateLimit header fields for HTTP
// (draft-ietf-httpapi-ratelimit-headers-10), so that it can slow down by itself.

import { OverLimit } from '../../pipeline/transport/middleware.ts';
import type { Limits } from './config.ts';
import type { LimitName } from './ledger.ts';

/** A client whose bucket is full again in a moment is not told to come back within it. */
const LEAST_WAIT_MS = 100;
/** The largest integer of a structured field (RFC 9651, section 3.3.1). */
const LARGEST = 999_999_999_999_999;
const BYTES = 'qu="content-bytes"';
/** The policies' names, which both fields have in common. */
const POLICY: Readonly<Record<LimitName, string>> = {
  requests: 'requests',
  bytes: 'bytes',
  in_flight: 'bytes-in-flight',
  share: 'fair-share',
};

interface Refusal {
  /** Undefined for clients without an identity. */
  readonly tenant: string | undefined;
  /** The extension's id. */
  readonly id: string;
  /** Whether its limits stand under `tenants`. */
  readonly isListed: boolean;
  readonly limits: Limits;
  readonly limit: LimitName;
  readonly waitMs: number;
  /** Of the limit, in its unit. */
  readonly remaining: number;
  /** The tenant's part of the memory, where that is the limit. */
  readonly fairBytes: number;
}

export function refusalOf(refusal: Refusal): OverLimit {
  const retryAfterMs = Math.ceil(Math.max(LEAST_WAIT_MS, refusal.waitMs));
  return new OverLimit(messageOf(refusal), retryAfterMs, {
    'ratelimit-policy': policiesOf(refusal),
    ratelimit: `"${POLICY[refusal.limit]}";r=${whole(refusal.remaining)};t=${Math.ceil(retryAfterMs / 1_000)}`,
  });
}

function messageOf({ tenant, id, isListed, limits, limit, fairBytes }: Refusal): string {
  const who = tenant === undefined ? 'clients without an identity are' : `tenant ${JSON.stringify(tenant)} is`;
  const raise = (key: string): string => {
    if (tenant === undefined) return `raise ${id}::default::${key}`;
    return isListed
      ? `raise ${id}::tenants::${tenant}::${key}`
      : `raise ${id}::default::${key} or list it under ${id}::tenants`;
  };
  switch (limit) {
    case 'requests':
      return `${who} over the limit of ${limits.requestsPerS} requests a second; slow down, or ${raise('requests_per_second')}`;
    case 'bytes':
      return `${who} over the limit of ${limits.bytesPerS} bytes a second; slow down, or ${raise('bytes_per_second')}`;
    case 'in_flight':
      return `${who} over the limit of ${limits.bytesInFlight} bytes in flight; wait for answers, or ${raise('bytes_in_flight')}`;
    default:
      return `${who} over the fair part of the memory, ${fairBytes} bytes; wait for answers, raise memory_limiter::limit_mib, or ${raise('weight')}`;
  }
}

/** What holds for the tenant; a quota is what may come at once, its window how long that takes to come back. */
function policiesOf({ limits, limit, fairBytes }: Refusal): string {
  const { requestsPerS, requestBurst, bytesPerS, byteBurst, bytesInFlight } = limits;
  const policies: string[] = [];
  if (requestsPerS > 0) {
    policies.push(`"${POLICY.requests}";q=${whole(requestBurst)};w=${windowS(requestBurst, requestsPerS)}`);
  }
  if (bytesPerS > 0) {
    policies.push(`"${POLICY.bytes}";q=${whole(byteBurst)};${BYTES};w=${windowS(byteBurst, bytesPerS)}`);
  }
  if (bytesInFlight > 0) policies.push(`"${POLICY.in_flight}";q=${whole(bytesInFlight)};${BYTES}`);
  if (limit === 'share') policies.push(`"${POLICY.share}";q=${whole(fairBytes)};${BYTES}`);
  return policies.join(', ');
}

/** In whole seconds, which is all there is. */
function windowS(burst: number, perS: number): number {
  return Math.min(LARGEST, Math.max(1, Math.ceil(burst / perS)));
}

function whole(value: number): number {
  return Math.min(LARGEST, Math.floor(value));
}
