// Makes broken inputs of valid ones: changes of the kinds that parsers get wrong, in bytes and in words.

import type { SeededRandom } from '../../support/seeded-random.ts';

/** Bytes that end, extend or nest something in one format or another. */
const BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x12, 0x1f, 0x22, 0x5b, 0x7b, 0x20, 0x2c] as const;
const MAX_CHANGES = 4;

/** One to four changes; `others` are valid inputs to take pieces of. */
export function mutateBytes(bytes: Uint8Array, random: SeededRandom, others: readonly Uint8Array[]): Buffer {
  let mutant = Buffer.from(bytes);
  for (let change = random.between(1, MAX_CHANGES); change > 0; change -= 1) {
    const at = random.below(mutant.length + 1);
    const to = Math.min(mutant.length, at + random.below(24));
    const before = mutant.subarray(0, at);
    switch (random.below(9)) {
      case 0:
        if (at < mutant.length) mutant[at] = (mutant[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1:
        if (at < mutant.length) mutant[at] = random.pick(BYTES);
        break;
      case 2:
        mutant = Buffer.from(before);
        break;
      case 3:
        mutant = Buffer.concat([before, mutant.subarray(to)]);
        break;
      case 4:
        mutant = Buffer.concat([mutant.subarray(0, to), mutant.subarray(at)]);
        break;
      case 5:
        mutant = Buffer.concat([before, Buffer.alloc(random.between(1, 12), random.pick(BYTES)), mutant.subarray(at)]);
        break;
      case 6:
        mutant = Buffer.concat([before, random.bytes(random.between(1, 8)), mutant.subarray(at)]);
        break;
      case 7: {
        const other = others[random.below(Math.max(1, others.length))] ?? bytes;
        mutant = Buffer.concat([before, other.subarray(random.below(other.length + 1))]);
        break;
      }
      default:
        for (let byte = at; byte < to; byte += 1) mutant[byte] = random.below(256);
    }
  }
  return mutant;
}

/** What any language of words may stumble over. */
const WORDS: readonly [string, ...string[]] = [
  '',
  '"',
  "'",
  '\\',
  '\\u0000',
  '\\ud800',
  '\u0000',
  '\u{1f600}',
  '0',
  '-1',
  '1e400',
  '-0.0',
  '9223372036854775808',
  '0x',
  'null',
  'true',
  '__proto__',
  'constructor',
  '\n',
  '\r\n',
  '\t',
  ' ',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '=',
  '%00',
  '%zz',
];

const WORD = /[A-Za-z_][A-Za-z_0-9]*|\d+|\s+|[^]/gu;

/** Changes words as `mutateBytes` does bytes; `words` belong to the language. */
export function mutateText(
  text: string,
  random: SeededRandom,
  words: readonly string[],
  others: readonly string[],
): string {
  const parts = text.match(WORD) ?? [];
  for (let change = random.between(1, MAX_CHANGES); change > 0; change -= 1) {
    const at = random.below(parts.length + 1);
    const count = random.below(4);
    const word = random.chance(0.5) ? random.pick(WORDS) : (words[random.below(Math.max(1, words.length))] ?? '');
    switch (random.below(8)) {
      case 0:
        parts.splice(at, count);
        break;
      case 1:
        parts.splice(at, 1, word);
        break;
      case 2:
        parts.splice(at, 0, word);
        break;
      case 3:
        parts.splice(at, 0, ...parts.slice(at, at + count));
        break;
      case 4:
        parts.splice(at, 0, ...parts.splice(random.below(parts.length + 1), count));
        break;
      case 5:
        // Nesting is where a reader that calls itself runs out of stack.
        parts.splice(at, 0, word.repeat(random.pick([3, 100, 5_000])));
        break;
      case 6: {
        const other = others[random.below(Math.max(1, others.length))] ?? text;
        parts.splice(at, parts.length, ...(other.match(WORD) ?? []).slice(random.below(20)));
        break;
      }
      default:
        parts.length = at;
    }
  }
  return parts.join('');
}
