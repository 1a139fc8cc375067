// How the memory that a configuration allows is divided: what is in flight and queued, and what connections take.

import os from 'node:os';
import type { AgentConfiguration } from '../pipeline/config/configuration.ts';
import { MAX_CONNECTIONS } from '../pipeline/listener-pool.ts';

/**
 * Data in flight and queued may take this share of a configured memory limit. The rest is the process itself, about 80 MiB,
 * connections, and what was in flight a moment ago and is not collected yet (measured: bench/README.md, overload)…
 */
const ADMITTED_SHARE_OF_LIMIT = 0.13;
/** …or of the machine's memory where no memory_limiter says more. */
const ADMITTED_SHARE_OF_MACHINE = 0.25;
const ADMITTED_MIN_BYTES = 16 << 20;

/** Idle connections of one address may take this share; there are two addresses where OTLP comes in. */
const CONNECTIONS_SHARE_OF_LIMIT = 0.2;
/** Of an idle HTTP/2 connection, measured with ten thousand of them on Node 26; one of HTTP/1.1 takes a tenth. */
const CONNECTION_BYTES = 20 << 10;
const MIN_CONNECTIONS = 512;

export interface MemoryBudget {
  /** In flight and queued, for all threads together: known exactly, and therefore the limit that holds before any other. */
  readonly admittedBytes: number;
  /** Of one address, in one thread. */
  readonly maxConnections: number;
}

export function memoryBudget(configuration: AgentConfiguration): MemoryBudget {
  const limitBytes = configuredLimitBytes(configuration);
  const admitted = Math.min(
    os.totalmem() * ADMITTED_SHARE_OF_MACHINE,
    (limitBytes ?? Number.POSITIVE_INFINITY) * ADMITTED_SHARE_OF_LIMIT,
  );
  const { workers } = configuration.service;
  const connections =
    limitBytes === undefined
      ? MAX_CONNECTIONS
      : Math.floor((limitBytes * CONNECTIONS_SHARE_OF_LIMIT) / CONNECTION_BYTES / workers);
  return {
    admittedBytes: Math.max(ADMITTED_MIN_BYTES, admitted),
    maxConnections: Math.min(MAX_CONNECTIONS, Math.max(MIN_CONNECTIONS, connections)),
  };
}

/** The lowest limit that a memory_limiter sets in MiB. */
function configuredLimitBytes(configuration: AgentConfiguration): number | undefined {
  let least: number | undefined;
  for (const { type, config } of configuration.processors.values()) {
    if (type !== 'memory_limiter') continue;
    // The schema of memory_limiter gives a number; 0 where only a percentage is set.
    const { limit_mib: limitMib } = config as { limit_mib: number };
    if (limitMib > 0) least = Math.min(least ?? Number.POSITIVE_INFINITY, limitMib * 2 ** 20);
  }
  return least;
}
