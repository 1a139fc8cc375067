// Prometheus' sizes, `1MB` or `15KiB`: both spellings count in 1024s. The rules are those of ParseBase2Bytes of
// alecthomas/units.

import { z } from 'zod';

const PREFIXES = ['', 'K', 'M', 'G', 'T', 'P', 'E'];
/** Either all units end in iB or all in B; a plain B may stand among both. */
const SPELLINGS = [/([-+]?)((?:[\d.]+(?:[KMGTPE]iB|B))+)/y, /([-+]?)((?:[\d.]+[KMGTPE]?B)+)/y];
const PART = /([\d.]+)([KMGTPE]?)i?B/g;
const NUMBER = /^(?:\d+\.?\d*|\.\d+)$/;

/** Bytes; undefined where the text is not a size. */
export function parseBytes(text: string): number | undefined {
  if (text === '0' || text === '+0' || text === '-0') return 0;
  for (const spelling of SPELLINGS) {
    spelling.lastIndex = 0;
    const found = spelling.exec(text);
    if (!found || spelling.lastIndex !== text.length) continue;
    const [, sign = '', parts = ''] = found;
    let bytes = 0;
    for (const [, amount = '', prefix = ''] of parts.matchAll(PART)) {
      if (!NUMBER.test(amount)) return undefined;
      bytes += Number(amount) * 1024 ** PREFIXES.indexOf(prefix);
    }
    if (bytes >= 2 ** 63) return undefined;
    return sign === '-' ? -Math.trunc(bytes) : Math.trunc(bytes);
  }
  return undefined;
}

/** A size as a setting, in bytes. */
export function prometheusBytes() {
  return z
    .preprocess((value) => (value === null ? '0' : typeof value === 'number' ? String(value) : value), z.string())
    .transform((text, context) => {
      const bytes = parseBytes(text);
      if (bytes !== undefined) return bytes;
      context.issues.push({
        code: 'custom',
        input: text,
        message: `${JSON.stringify(text)} is not a size; expected numbers with units (B, KB, MB, GB, or KiB, MiB, GiB, which mean the same), such as 15MB`,
      });
      return z.NEVER;
    })
    .meta({ examples: ['15MB'] });
}
