// One value as text: whether it is an allowed one, and what is left of it when everything that must not be seen is masked.
// Most values match nothing. Those are told by their bytes alone.

import { compileRe2, type Re2 } from '../../pipeline/regexp.ts';
import { decodeUtf8 } from '../../proto/otlp/text.ts';
import { ByteFilter } from './filter/byte-filter.ts';
import type { RedactionConfig } from './config.ts';
import type { DbSanitizer } from './db/db-sanitizer.ts';
import { Detectors } from './detectors/detectors.ts';
import { MASKED, type KeyVerdict } from './key-verdicts.ts';
import { maskerOf, maskLines, type Masker } from './masker.ts';
import { requiredBytes } from './filter/required-bytes.ts';
import type { UrlSanitizer } from './url/url-sanitizer.ts';

export const UNCHANGED = 0;
export const ALLOWED = 1;
/** `text` is what to write. */
export const CHANGED = 2;

export class ValueRedactor {
  /** The last result. */
  text = '';
  readonly #mask: Masker;
  readonly #allowed: readonly Re2[];
  readonly #blocked: readonly Re2[];
  readonly #detectors: Detectors;
  /** Of the allowed patterns, then the blocked ones, then the detectors. */
  readonly #filter: ByteFilter;
  readonly #firstDetector: number;
  /** Whether a detector found something in what was scanned last. */
  #detects = false;
  readonly #urls: UrlSanitizer | undefined;
  readonly #statements: DbSanitizer | undefined;

  constructor(config: RedactionConfig, urls: UrlSanitizer | undefined, statements: DbSanitizer | undefined) {
    this.#mask = maskerOf(config);
    this.#allowed = config.allowed_values.map(compileRe2);
    this.#blocked = config.blocked_values.map(compileRe2);
    this.#detectors = new Detectors(config, this.#mask);
    const ofPatterns = [...config.allowed_values, ...config.blocked_values].map(requiredBytes);
    this.#filter = new ByteFilter([...ofPatterns, ...this.#detectors.required]);
    this.#firstDetector = ofPatterns.length;
    this.#urls = urls;
    this.#statements = statements;
  }

  /** Judges the UTF-8 in [start, end), the value of an attribute; `system` is the database system of the item, '' for none. */
  ofAttribute(bytes: Uint8Array, start: number, end: number, verdict: KeyVerdict, system: string): number {
    const found = this.#finds(bytes, start, end);
    const isMasked = verdict.kind === MASKED;
    if (!found && !isMasked && !verdict.hasUrls && !verdict.hasStatements) return UNCHANGED;
    const before = decodeUtf8(bytes, start, end);
    if (found && this.#isAllowed(before)) return ALLOWED;
    if (isMasked) {
      // As in the collector, it counts as masked even if nothing changes.
      this.text = maskLines(before, this.#mask);
      return CHANGED;
    }
    let text = found ? this.#masked(bytes, start, end, before) : before;
    if (verdict.hasUrls && text !== '') text = this.#urls?.sanitize(text) ?? text;
    if (verdict.hasStatements) text = this.#statements?.ofAttribute(text, verdict.key, system) ?? text;
    return this.#result(before, text);
  }

  /** Judges the UTF-8 in [start, end), a body or a value in one. */
  ofBody(bytes: Uint8Array, start: number, end: number): number {
    const found = this.#finds(bytes, start, end);
    if (!found && this.#urls === undefined && this.#statements === undefined) return UNCHANGED;
    const before = decodeUtf8(bytes, start, end);
    if (found && this.#isAllowed(before)) return ALLOWED;
    let text = found ? this.#masked(bytes, start, end, before) : before;
    text = this.#urls?.sanitize(text) ?? text;
    text = this.#statements?.ofBody(text) ?? text;
    return this.#result(before, text);
  }

  /** The value of a key that is masked as a whole. */
  maskedWhole(text: string): string {
    return maskLines(text, this.#mask);
  }

  /** Whether one of the allowed patterns matches a text of which nothing was scanned. */
  isAllowed(text: string): boolean {
    return this.#allowed.some((pattern) => pattern.test(text));
  }

  /** The same of the text that was scanned last. */
  #isAllowed(text: string): boolean {
    const allowed = this.#allowed;
    for (let index = 0; index < allowed.length; index++) {
      // Safe, here and below: index < length.
      if (this.#filter.may(index) && (allowed[index] as Re2).test(text)) return true;
    }
    return false;
  }

  /** Whether a pattern may match in [start, end), or a detector finds something there. */
  #finds(bytes: Uint8Array, start: number, end: number): boolean {
    const filter = this.#filter;
    filter.scan(bytes, start, end);
    let found = false;
    for (let index = 0; index < this.#firstDetector; index++) if (filter.may(index)) found = true;
    this.#detects = this.#detectors.find(bytes, start, end, filter, this.#firstDetector);
    return found || this.#detects;
  }

  /** Detectors come first: what they are given are the sender's bytes, not the hashes that patterns leave. */
  #masked(bytes: Uint8Array, start: number, end: number, before: string): string {
    let text = this.#detects ? this.#detectors.masked(bytes, start, end) : before;
    const blocked = this.#blocked;
    const first = this.#allowed.length;
    for (let index = 0; index < blocked.length; index++) {
      // The filter knows the bytes as they came.
      if (text === before && !this.#filter.may(first + index)) continue;
      const pattern = blocked[index] as Re2;
      if (pattern.test(text)) text = pattern.replaceAll(text, '${0}', this.#mask);
    }
    return text;
  }

  #result(before: string, text: string): number {
    if (text === before) return UNCHANGED;
    this.text = text;
    return CHANGED;
  }
}
