// The unit of CPU times in /proc and in control groups of the first version.

/** USER_HZ: 100 wherever Linux runs. */
export const TICKS_PER_SECOND = 100;
