// How much memory the control groups of this process allow it, those above its own included: a systemd unit, its slice, a
// container, a pod. The collector looks at the root of the hierarchy alone, and process.constrainedMemory() at the
// process's own group alone: either misses a limit.

import { readFileSync } from 'node:fs';

const ROOT = '/sys/fs/cgroup';

/** The smallest limit in bytes; Infinity where there is none or no control groups are. */
export function controlGroupLimitBytes(): number {
  let least = Number.POSITIVE_INFINITY;
  for (const file of limitFiles(textOf('/proc/self/cgroup') ?? '')) {
    // Version 2 writes `max` for no limit, version 1 a number larger than any memory.
    const limit = Number(textOf(file) ?? Number.NaN);
    if (limit > 0) least = Math.min(least, limit);
  }
  return least;
}

/** The files with the limits that apply to a process, given its /proc/self/cgroup (cgroups(7)); not all of them need exist. */
export function limitFiles(membership: string): string[] {
  const files: string[] = [];
  for (const line of membership.split('\n')) {
    const [, controllers, group] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || group === undefined) continue;
    if (controllers === '') files.push(...upwards(ROOT, group, 'memory.max'));
    else if (controllers.split(',').includes('memory')) {
      files.push(...upwards(`${ROOT}/memory`, group, 'memory.limit_in_bytes'));
    }
  }
  return files;
}

/** The file in the group and in all above it. */
function upwards(mount: string, group: string, file: string): string[] {
  const steps = group.split('/').filter(Boolean);
  return Array.from({ length: steps.length + 1 }, (_, above) =>
    [mount, ...steps.slice(0, steps.length - above), file].join('/'),
  );
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // Other systems have no such file, and inside a container the groups above are out of sight.
    return undefined;
  }
}
