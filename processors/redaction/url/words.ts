// Tells words from random letters: by how likely each of their letters is to follow the one before.

import { LETTER_PAIRS, LETTERS, THRESHOLD } from './letter-pairs.ts';

const SPACE = 0x20;
const LOWER_A = 0x61;
const LOWER_Z = 0x7a;
const SPACE_INDEX = 26;

/** Whether the letters and spaces of the text, all else left out, follow each other as in words. */
export function isWord(text: string): boolean {
  const lower = text.toLowerCase();
  let sum = 0;
  let pairs = 0;
  let before = -1;
  for (let at = 0; at < lower.length; at++) {
    const code = lower.charCodeAt(at);
    const index = code >= LOWER_A && code <= LOWER_Z ? code - LOWER_A : code === SPACE ? SPACE_INDEX : -1;
    if (index < 0) continue;
    if (before >= 0) {
      sum += LETTER_PAIRS[before * LETTERS + index] ?? 0;
      pairs++;
    }
    before = index;
  }
  return Math.exp(sum / Math.max(1, pairs)) > THRESHOLD;
}
