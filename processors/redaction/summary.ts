// The attributes that say what was done: how many were removed, masked, allowed and ignored, and which.

import type { AttributesDraft } from '../../proto/otlp/attributes-draft.ts';
import { encodeAnyValue } from '../../proto/otlp/encode-value.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';

const SEPARATOR = ',';

/** Those that are kept where only named keys are: the collector's list, which leaves the others out. */
export const ADMITTED_SUMMARY_KEYS = [
  'redaction.redacted.keys',
  'redaction.redacted.count',
  'redaction.masked.keys',
  'redaction.masked.count',
  'redaction.ignored.count',
];

interface Names {
  readonly keys: Uint8Array;
  readonly count: Uint8Array;
}

const namesOf = (what: string): Names => ({
  keys: encodeUtf8(`redaction.${what}.keys`),
  count: encodeUtf8(`redaction.${what}.count`),
});

/** What was done to one set of attributes or one body. Reused. */
export class Summary {
  readonly #counts: boolean;
  /** Whether keys are named, so that whoever adds has to know them. */
  readonly names: boolean;
  readonly #redacted: string[] = [];
  readonly #masked: string[] = [];
  readonly #allowed: string[] = [];
  #ignored = 0;
  readonly #redactedNames: Names;
  readonly #maskedNames: Names;
  readonly #allowedNames: Names;
  readonly #ignoredCount: Uint8Array;

  /** `prefix` is `body.` for bodies. */
  constructor(summary: string, prefix = '') {
    this.names = summary === 'debug';
    this.#counts = this.names || summary === 'info';
    this.#redactedNames = namesOf(`${prefix}redacted`);
    this.#maskedNames = namesOf(`${prefix}masked`);
    this.#allowedNames = namesOf(`${prefix}allowed`);
    this.#ignoredCount = namesOf(`${prefix}ignored`).count;
  }

  redacted(key: string): void {
    if (this.#counts) this.#redacted.push(key);
  }

  masked(key: string): void {
    if (this.#counts) this.#masked.push(key);
  }

  allowed(key: string): void {
    if (this.#counts) this.#allowed.push(key);
  }

  ignored(): void {
    if (this.#counts) this.#ignored++;
  }

  /** Writes what there is to say into the attributes, added to what they say already, and forgets it. */
  writeTo(attributes: AttributesDraft): void {
    if (!this.#counts) return;
    this.#write(attributes, this.#redacted, this.#redactedNames);
    this.#write(attributes, this.#masked, this.#maskedNames);
    this.#write(attributes, this.#allowed, this.#allowedNames);
    if (this.#ignored > 0) addCount(attributes, this.#ignoredCount, this.#ignored);
    this.#ignored = 0;
  }

  #write(attributes: AttributesDraft, keys: string[], names: Names): void {
    const { length } = keys;
    if (length === 0) return;
    if (this.names) {
      const found = attributes.find(names.keys);
      const before = found < 0 ? '' : attributes.value(found).string();
      if (before !== '') keys.push(...before.split(SEPARATOR));
      keys.sort(byBytes);
      attributes.upsert(names.keys, encodeAnyValue(keys.join(SEPARATOR)));
    }
    addCount(attributes, names.count, length);
    keys.length = 0;
  }
}

function addCount(attributes: AttributesDraft, name: Uint8Array, count: number): void {
  const found = attributes.find(name);
  const before = found < 0 ? 0n : attributes.value(found).int();
  attributes.upsert(name, encodeAnyValue(BigInt.asIntN(64, before + BigInt(count))));
}

/** The order of UTF-8, which is not JavaScript's where surrogates are. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
