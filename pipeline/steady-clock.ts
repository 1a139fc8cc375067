// A clock that nobody sets, the same in every thread of the process: `performance.now()` begins anew in each.

const originMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds since some moment before the process began. */
export function steadyNow(): number {
  return originMs + performance.now();
}
