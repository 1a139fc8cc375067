// What a process and all its descendants cost, read from /proc: CPU time and resident memory.

import { readdirSync, readFileSync } from 'node:fs';

/** Of /proc/PID/stat; 100 on every Linux that Node runs on (sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

interface Stat {
  readonly parent: number;
  readonly cpuTicks: number;
  readonly residentBytes: number;
}

/** Undefined for a process that is gone. Fields as in proc(5): after the name in parentheses comes the state, field 3. */
function statOf(pid: number | string): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    parent: field(4),
    // utime, stime, and those of children that ended (cutime, cstime).
    cpuTicks: field(14) + field(15) + field(16) + field(17),
    residentBytes: field(24) * PAGE_BYTES,
  };
}

export interface Usage {
  readonly cpuSeconds: number;
  readonly residentMib: number;
}

/** CPU time so far and resident memory now, of `root` and everything it started. */
export function usageOf(root: number): Usage {
  const stats = new Map<number, Stat>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = statOf(entry);
    if (stat) stats.set(Number(entry), stat);
  }
  let ticks = 0;
  let bytes = 0;
  for (const [pid, stat] of stats) {
    if (!descendsFrom(pid, root, stats)) continue;
    ticks += stat.cpuTicks;
    bytes += stat.residentBytes;
  }
  return { cpuSeconds: ticks / TICKS_PER_SECOND, residentMib: bytes / 2 ** 20 };
}

function descendsFrom(pid: number, root: number, stats: ReadonlyMap<number, Stat>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 0; at = stats.get(at)?.parent) {
    if (at === root) return true;
  }
  return false;
}

/** Watches the resident memory of a process tree until stopped; gives the largest value seen, in MiB. */
export function watchMemory(root: number, everyMs = 100): { stop(): number } {
  let max = usageOf(root).residentMib;
  const timer = setInterval(() => {
    max = Math.max(max, usageOf(root).residentMib);
  }, everyMs);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(max, usageOf(root).residentMib);
    },
  };
}
