// How much memory the process uses and may use.

import os from 'node:os';
import v8 from 'node:v8';
import vm from 'node:vm';
import type { MemoryLimiterConfig } from './config.ts';
import { controlGroupLimitBytes } from './control-groups.ts';

const MIB = 2 ** 20;

/** The runtime itself, code and stacks: what the process needs beside its heap and its buffers, measured at 45 to 60 MiB. */
const RUNTIME_BYTES = 56 * MIB;

/**
 * What the process needs now: heap, buffers and the runtime itself, but no more than the operating system counts. The
 * allocator keeps freed pages for the next burst, so that the resident size alone would stay high after one and data
 * would be refused for ever.
 */
export function usedBytes(): number {
  const { rss, heapTotal, external } = process.memoryUsage();
  return Math.min(rss, heapTotal + external + RUNTIME_BYTES);
}

let collect: (() => void) | undefined;

/** A full collection. Costs tens of ms; freed pages go back to the system where the allocator gives them back. */
export function collectGarbage(): void {
  if (!collect) {
    v8.setFlagsFromString('--expose-gc');
    // The flag gives new contexts a function `gc`.
    collect = vm.runInNewContext('gc') as () => void;
  }
  collect();
}

/** The limits in bytes: the configured MiB, or a share of the memory of the machine or of what this process is allowed of it. */
export function limitBytesOf(config: MemoryLimiterConfig): { readonly hardBytes: number; readonly softBytes: number } {
  const total = config.limit_mib > 0 ? 0 : Math.min(os.totalmem(), controlGroupLimitBytes());
  const hardBytes = config.limit_mib > 0 ? config.limit_mib * MIB : (total * config.limit_percentage) / 100;
  const spike = config.limit_mib > 0 ? config.spike_limit_mib * MIB : (total * config.spike_limit_percentage) / 100;
  return { hardBytes, softBytes: hardBytes - (spike > 0 ? spike : hardBytes / 5) };
}
