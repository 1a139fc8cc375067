// What is measured, and what genesis-agent has to reach beside the collector.

import type { Protocol } from './bodies.ts';
import type { Secured } from './security.ts';

/** Delivered items per CPU-second under full load. */
export interface ThroughputScenario {
  readonly name: string;
  readonly what: string;
  readonly protocol: Protocol;
  /** Spans per request. */
  readonly spans: number;
  readonly gzip: boolean;
  readonly processors: boolean;
  readonly secured?: Secured;
  /** Ours over the better figure of the collector. */
  readonly mustRatio: number;
  readonly aimRatio: number;
}

const PLAIN = { gzip: false, processors: false } as const;
const GZIP = { gzip: true, processors: false } as const;

export const THROUGHPUT: readonly ThroughputScenario[] = [
  {
    name: 'grpc100',
    what: 'gRPC to gRPC, 100 spans a request',
    protocol: 'grpc',
    spans: 100,
    ...PLAIN,
    mustRatio: 2,
    aimRatio: 3,
  },
  {
    name: 'http100',
    what: 'HTTP/1.1 to HTTP/1.1, 100 spans a request',
    protocol: 'http',
    spans: 100,
    ...PLAIN,
    mustRatio: 4,
    aimRatio: 8,
  },
  {
    name: 'grpc1',
    what: 'gRPC to gRPC, 1 span a request',
    protocol: 'grpc',
    spans: 1,
    ...PLAIN,
    mustRatio: 1.2,
    aimRatio: 2,
  },
  {
    name: 'http1',
    what: 'HTTP/1.1 to HTTP/1.1, 1 span a request',
    protocol: 'http',
    spans: 1,
    ...PLAIN,
    mustRatio: 3,
    aimRatio: 6,
  },
  {
    name: 'grpc100-gzip',
    what: 'gRPC, 100 spans, gzip in and out',
    protocol: 'grpc',
    spans: 100,
    ...GZIP,
    mustRatio: 2.5,
    aimRatio: 3.5,
  },
  {
    name: 'http100-gzip',
    what: 'HTTP/1.1, 100 spans, gzip in and out',
    protocol: 'http',
    spans: 100,
    ...GZIP,
    mustRatio: 2,
    aimRatio: 4,
  },
  {
    name: 'grpc100-gzip-processors',
    what: 'gRPC, 100 spans, gzip, four processors',
    protocol: 'grpc',
    spans: 100,
    gzip: true,
    processors: true,
    mustRatio: 1,
    aimRatio: 1.5,
  },
  {
    name: 'grpc100-processors',
    what: 'gRPC, 100 spans, four processors',
    protocol: 'grpc',
    spans: 100,
    gzip: false,
    processors: true,
    mustRatio: 1.3,
    aimRatio: 2,
  },
];

const SECURED_RATIOS = { mustRatio: 1.5, aimRatio: 2 } as const;

/** With TLS and bearer tokens; beside the same without, of ours. */
export const SECURED: readonly (ThroughputScenario & { readonly secured: Secured })[] = [
  {
    name: 'grpc100-secure-in',
    what: 'gRPC, 100 spans, TLS and token in',
    protocol: 'grpc',
    spans: 100,
    ...PLAIN,
    secured: 'in',
    ...SECURED_RATIOS,
  },
  {
    name: 'grpc100-secure',
    what: 'gRPC, 100 spans, TLS and token in and out',
    protocol: 'grpc',
    spans: 100,
    ...PLAIN,
    secured: 'both',
    ...SECURED_RATIOS,
  },
  {
    name: 'http100-secure-in',
    what: 'HTTP/1.1, 100 spans, TLS and token in',
    protocol: 'http',
    spans: 100,
    ...PLAIN,
    secured: 'in',
    ...SECURED_RATIOS,
  },
  {
    name: 'http100-secure',
    what: 'HTTP/1.1, 100 spans, TLS and token in and out',
    protocol: 'http',
    spans: 100,
    ...PLAIN,
    secured: 'both',
    ...SECURED_RATIOS,
  },
];

/** What TLS and tokens may cost of the spans per CPU-second. */
export const SECURITY_COST_MAX_PERCENT = 35;

/** 10,000 spans a second over gRPC, 100 a request. */
export const STEADY = {
  name: 'steady',
  requestsPerSecond: 100,
  spans: 100,
  cpuPercent: { must: 5, aim: 4 },
  idleMib: { must: 90, aim: 85 },
  loadedMib: { must: 120, aim: 105 },
} as const;

/** Twice what the destination takes, for a minute. */
export const OVERLOAD = {
  name: 'overload',
  limitMib: 256,
  /** Requests of 100 spans a second: what the sink takes, and what is offered meanwhile. */
  carriedRequests: 1000,
  offeredRequests: 2000,
  seconds: 60,
  maxShareOfLimit: 1.1,
  recoverySeconds: 5,
} as const;

export const READY = { name: 'ready', mustMs: 400, aimMs: 200 } as const;
