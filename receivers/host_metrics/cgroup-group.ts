// One control group and what its files say, in the second version of the interface (kernel documentation,
// admin-guide/cgroup-v2) or the first.

import type { Stall } from './pressure-file.ts';

/** What is not known, because the file is not there or says "max", is undefined. */
export interface CgroupFigures {
  cpuLimit?: number | undefined;
  cpuPeriods?: number | undefined;
  throttledPeriods?: number | undefined;
  throttledS?: number | undefined;
  userS?: number | undefined;
  systemS?: number | undefined;
  memoryUsage?: number | undefined;
  memoryLimit?: number | undefined;
  memoryHigh?: number | undefined;
  /** By type. */
  readonly memoryEvents: Map<string, number>;
  /** By state. */
  readonly memoryStates: Map<string, number>;
  readonly devices: DeviceFigures[];
  pids?: number | undefined;
  pidsLimit?: number | undefined;
  /** By resource, those of the last reading. */
  readonly stalls: Map<string, readonly Stall[]>;
}

export interface DeviceFigures {
  /** `8:0`. */
  readonly device: string;
  readBytes: number;
  writtenBytes: number;
  reads: number;
  writes: number;
}

export interface CgroupGroup {
  /** Its path as in /proc/self/cgroup, `/` for the root, or what stands for it. */
  readonly name: string;
  read(): CgroupFigures;
  close(): void;
}

export function noFigures(): CgroupFigures {
  return { memoryEvents: new Map(), memoryStates: new Map(), devices: [], stalls: new Map() };
}

/** Kinds of memory that are shown, as both versions call them. */
export const MEMORY_STATES: ReadonlyMap<string, string> = new Map([
  ['anon', 'anon'],
  ['rss', 'anon'],
  ['file', 'file'],
  ['cache', 'file'],
  ['kernel', 'kernel'],
  ['shmem', 'shmem'],
]);

/** Devices of one group that are looked at. */
export const MAX_DEVICES = 128;
