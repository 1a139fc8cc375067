// What is done with an attribute because of its key. Keys are few and come again and again, so what was found of one is
// remembered by its bytes.

import { compileRe2, type Re2 } from '../../pipeline/regexp.ts';
import { RememberedText } from '../../proto/otlp/remembered-text.ts';
import type { RedactionConfig } from './config.ts';
import { ADMITTED_SUMMARY_KEYS } from './summary.ts';

export const IGNORED = 0;
export const REMOVED = 1;
/** Masked as a whole, unless the value is an allowed one. */
export const MASKED = 2;
/** Looked at. */
export const OPEN = 3;

export interface KeyVerdict {
  readonly key: string;
  readonly kind: number;
  /** Whether the sanitizers of URLs and of statements are asked about the value. */
  readonly hasUrls: boolean;
  readonly hasStatements: boolean;
}

/** Keys that are remembered. */
const PLACES = 4_096;

export class KeyVerdicts {
  readonly #ignored: ReadonlySet<string>;
  readonly #ignoredPatterns: readonly Re2[];
  /** Undefined where all keys are kept. */
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #blockedPatterns: readonly Re2[];
  readonly #urlKeys: ReadonlySet<string>;
  readonly #statementKeys: ReadonlySet<string>;
  readonly #verdicts = new RememberedText(PLACES, (key) => this.#judge(key));

  constructor(config: RedactionConfig, statementKeys: ReadonlySet<string>) {
    this.#ignored = new Set(config.ignored_keys);
    this.#ignoredPatterns = config.ignored_key_patterns.map(compileRe2);
    this.#allowed = config.allow_all_keys ? undefined : new Set([...config.allowed_keys, ...ADMITTED_SUMMARY_KEYS]);
    this.#blockedPatterns = config.blocked_key_patterns.map(compileRe2);
    this.#urlKeys = new Set(config.url_sanitizer.enabled ? config.url_sanitizer.attributes : []);
    this.#statementKeys = statementKeys;
  }

  /** The verdict on the key in [start, end). */
  of(bytes: Uint8Array, start: number, end: number): KeyVerdict {
    return this.#verdicts.of(bytes, start, end);
  }

  #judge(key: string): KeyVerdict {
    return {
      key,
      kind: this.#kindOf(key),
      hasUrls: this.#urlKeys.has(key),
      hasStatements: this.#statementKeys.has(key),
    };
  }

  #kindOf(key: string): number {
    if (this.#ignored.has(key) || this.#ignoredPatterns.some((pattern) => pattern.test(key))) return IGNORED;
    if (this.#allowed !== undefined && !this.#allowed.has(key)) return REMOVED;
    return this.#blockedPatterns.some((pattern) => pattern.test(key)) ? MASKED : OPEN;
  }
}
