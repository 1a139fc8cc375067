// V8's profilers for a stretch of time. One profile at a time.

import { Session } from 'node:inspector/promises';

/** How often the CPU profiler looks, in microseconds: Go's 100 times a second would miss most of a short callback. */
const SAMPLING_MICROSECONDS = 1_000;
/** One sample per so many bytes allocated; Go's default too. */
const HEAP_SAMPLING_BYTES = 512 << 10;

/** Ends the profile and gives it as JSON text. */
export type StopProfile = () => Promise<string>;

export async function startCpuProfile(): Promise<StopProfile> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROSECONDS });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    return JSON.stringify(profile);
  };
}

/** What is allocated while it runs and still alive at its end. */
export async function startHeapProfile(): Promise<StopProfile> {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.startSampling', { samplingInterval: HEAP_SAMPLING_BYTES });
  return async () => {
    const { profile } = await session.post('HeapProfiler.stopSampling');
    session.disconnect();
    return JSON.stringify(profile);
  };
}
