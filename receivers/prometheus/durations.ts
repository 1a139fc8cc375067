// Prometheus' durations, `1h30m` or `2w`: whole numbers with units from years to milliseconds, the largest first. The rules
// are those of model.ParseDuration and Duration.String of prometheus/common.

import { z } from 'zod';

const UNITS = ['y', 'w', 'd', 'h', 'm', 's', 'ms'] as const;
const UNIT_MS: Readonly<Record<string, number>> = {
  y: 365 * 86_400_000,
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
};
/** The longest duration Go can hold: 2^63 nanoseconds. */
const LONGEST_MS = 2 ** 63 / 1e6;
const PART = /(\d+)(\D+)/y;

/** Milliseconds, or why the text is not a duration. */
export function parsePrometheusDuration(text: string): number | { readonly problem: string } {
  if (text === '0') return 0;
  if (text === '') return { problem: 'it is empty' };
  let ms = 0;
  let lastUnit = -1;
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const found = PART.exec(text);
    if (!found) return { problem: 'it has to be numbers, each followed by a unit' };
    const [, amount = '', unit = ''] = found;
    const position = UNITS.findIndex((one) => one === unit);
    const factor = UNIT_MS[unit];
    if (position === -1 || factor === undefined) return { problem: `the unit ${JSON.stringify(unit)} is unknown` };
    if (position <= lastUnit) return { problem: 'its units have to go from the largest to the smallest, each once' };
    lastUnit = position;
    ms += Number(amount) * factor;
    if (ms >= LONGEST_MS) return { problem: 'it is longer than 292 years' };
  }
  return ms;
}

/** As Prometheus writes durations: `1h30m`, `90d`, `2w`, `0s`. Parts of a millisecond are left out. */
export function formatPrometheusDuration(milliseconds: number): string {
  let left = Math.trunc(Math.abs(milliseconds));
  if (left === 0) return '0s';
  let text = milliseconds < 0 ? '-' : '';
  for (const unit of UNITS) {
    const size = UNIT_MS[unit] ?? 1;
    // Years and weeks only where nothing is left over, because 90d reads better than 12w6d.
    if ((unit === 'y' || unit === 'w') && left % size !== 0) continue;
    const amount = Math.floor(left / size);
    if (amount === 0) continue;
    text += `${amount}${unit}`;
    left -= amount * size;
  }
  return text;
}

/** A Prometheus duration as a setting, in milliseconds. A key without a value is 0, as in Prometheus. */
export function prometheusDuration() {
  return z
    .preprocess((value) => (value === null ? '0' : typeof value === 'number' ? String(value) : value), z.string())
    .transform((text, context) => {
      const ms = parsePrometheusDuration(text);
      if (typeof ms === 'number') return ms;
      context.issues.push({
        code: 'custom',
        input: text,
        message: `${JSON.stringify(text)} is not a duration: ${ms.problem}; expected whole numbers with units (y, w, d, h, m, s, ms), such as 30s or 1h30m`,
      });
      return z.NEVER;
    })
    .meta({ format: 'go-duration', examples: ['15s', '1m', '1h30m'] });
}
