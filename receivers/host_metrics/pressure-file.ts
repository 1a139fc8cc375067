// Reads pressure stall information: how long tasks waited for a resource (kernel documentation, accounting/psi).

import type { Content } from './proc-file.ts';
import { NO_NUMBER, Scan } from './scan.ts';

/** `some`: at least one task waited. `full`: all did. */
export const STALL_TYPES = ['some', 'full'] as const;

export interface Stall {
  isThere: boolean;
  /** Seconds that were lost so far. */
  totalS: number;
  /** Shares of the last 10, 60 and 300 seconds, from 0 to 1. */
  readonly averages: [number, number, number];
}

const AVERAGES = ['avg10=', 'avg60=', 'avg300='];
const scan = new Scan();

export function newStalls(): readonly Stall[] {
  return STALL_TYPES.map(() => ({ isThere: false, totalS: 0, averages: [0, 0, 0] }));
}

/** Reads `some avg10=0.00 avg60=0.00 avg300=0.00 total=0` and the like into `stalls`, by STALL_TYPES; false where a line is something else. */
export function readStalls(content: Content, stalls: readonly Stall[]): boolean {
  for (const stall of stalls) stall.isThere = false;
  scan.reset(content);
  if (scan.isAtEnd) return false;
  do {
    if (!scan.field()) continue;
    const stall = scan.isField('some') ? stalls[0] : scan.isField('full') ? stalls[1] : undefined;
    if (!stall) return false;
    for (let index = 0; index < AVERAGES.length; index++) {
      const percent = valueAfter(AVERAGES[index] ?? '');
      if (Number.isNaN(percent)) return false;
      // Per cent with two digits.
      stall.averages[index] = Math.round(percent * 100) / 10_000;
    }
    const microseconds = valueAfter('total=');
    if (Number.isNaN(microseconds)) return false;
    stall.totalS = microseconds / 1e6;
    stall.isThere = true;
  } while (scan.nextLine());
  return stalls.some((stall) => stall.isThere);
}

function valueAfter(key: string): number {
  if (!scan.field() || !scan.fieldStartsWith(key)) return Number.NaN;
  scan.at = scan.start + key.length;
  const value = scan.decimal();
  return value === NO_NUMBER ? Number.NaN : value;
}
