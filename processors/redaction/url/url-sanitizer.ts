// Writes `*` for those segments of a path that are ids rather than words, and cuts off query and fragment: the rules of
// github.com/grafana/clusterurl, which the collector's processor uses.

import { isWord } from './words.ts';

const SLASH = 0x2f;
const STAR = 0x2a;
const QUESTION = 0x3f;
const AMPERSAND = 0x26;
const HASH = 0x23;
/** What follows the tenth slash is cut off. */
const MAX_SEGMENTS = 10;
/** Texts whose answer is kept; when as many are known all are forgotten. */
const MAX_REMEMBERED = 4_096;
const MAX_REMEMBERED_LENGTH = 512;

const MAY_BE_IN_WORD = new Uint8Array(256);
for (let code = 0; code < 128; code++) if (/[A-Za-z_. -]/.test(String.fromCharCode(code))) MAY_BE_IN_WORD[code] = 1;

export class UrlSanitizer {
  readonly #known = new Map<string, string>();

  /** Paths and URLs come again and again, so their answers are remembered. */
  sanitize(url: string): string {
    if (url === '') return url;
    const known = this.#known.get(url);
    if (known !== undefined) return known;
    const sanitized = sanitizePath(Buffer.from(url));
    if (url.length > MAX_REMEMBERED_LENGTH) return sanitized;
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(url, sanitized);
    return sanitized;
  }
}

/**
 * Works in place: what is written lies before what is read. `kept` is the length of the result so far, `end` where the
 * segment being read ends behind it. A segment is an id at its first byte that is in no word, but for one in its second
 * place, as in `v1`.
 */
function sanitizePath(path: Buffer): string {
  let length = path.length;
  let kept = 0;
  let end = 0;
  let isId = false;
  let isGrace = true;
  let segments = 0;
  for (let at = 0; at < length; at++) {
    const byte = path[at] as number; // safe: at < length
    if (byte === QUESTION || byte === AMPERSAND || byte === HASH) {
      // Whatever stood here last is kept without a look at whether it is a word.
      if (isId) path[kept++] = STAR;
      else if (end > kept) kept = end;
      length = kept;
      break;
    }
    if (byte === SLASH) {
      segments++;
      if (isId) path[kept++] = STAR;
      else if (end > kept) kept = wordOrStar(path, kept, end);
      if (segments >= MAX_SEGMENTS) break;
      path[kept++] = SLASH;
      end = kept;
      isId = false;
      isGrace = true;
    } else if (!isId) {
      path[end++] = byte;
      if (MAY_BE_IN_WORD[byte] === 1) continue;
      if (isGrace && end - kept === 2) isGrace = false;
      else isId = true;
    }
  }
  if (isId) {
    if (kept < length) path[kept++] = STAR;
  } else if (end > kept && length > 0) kept = wordOrStar(path, kept, end);
  return path.toString('utf8', 0, kept);
}

/** Keeps the word in [kept, end) or writes a star for it; where the result then ends. */
function wordOrStar(path: Buffer, kept: number, end: number): number {
  if (isWord(path.toString('utf8', kept, end))) return end;
  path[kept] = STAR;
  return kept + 1;
}
