// Redacts one set of attributes where it lies: of a resource, scope, span, span event, log record or data point.

import { ANY_STRING, type AnyValueView } from '../../proto/otlp/any-value.ts';
import type { AttributesDraft } from '../../proto/otlp/attributes-draft.ts';
import { encodeAnyValue } from '../../proto/otlp/encode-value.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';
import { valueText } from '../../proto/otlp/value-text.ts';
import type { RedactionConfig } from './config.ts';
import { databaseSystemOf } from './db/db-sanitizer.ts';
import { IGNORED, REMOVED, type KeyVerdict, type KeyVerdicts } from './key-verdicts.ts';
import { Summary } from './summary.ts';
import { ALLOWED, CHANGED, type ValueRedactor } from './value-redactor.ts';

const EMPTY = new Uint8Array(0);

export class AttributesRedactor {
  readonly #keys: KeyVerdicts;
  readonly #values: ValueRedactor;
  readonly #allTypes: boolean;
  readonly #needsSystem: boolean;
  readonly #summary: Summary;

  constructor(config: RedactionConfig, keys: KeyVerdicts, values: ValueRedactor, needsSystem: boolean) {
    this.#keys = keys;
    this.#values = values;
    this.#allTypes = config.redact_all_types;
    this.#needsSystem = needsSystem;
    this.#summary = new Summary(config.summary);
  }

  apply(attributes: AttributesDraft): void {
    const { count } = attributes;
    if (count === 0) return;
    const summary = this.#summary;
    // Before anything of it is removed.
    const system = this.#needsSystem ? databaseSystemOf(attributes) : '';
    for (let index = 0; index < count; index++) {
      attributes.locateKey(index);
      const verdict = this.#keys.of(attributes.keyBytes, attributes.keyStart, attributes.keyEnd);
      if (verdict.kind === IGNORED) summary.ignored();
      else if (verdict.kind === REMOVED) {
        attributes.remove(index);
        summary.redacted(verdict.key);
      } else {
        const result = this.#judge(attributes.value(index), verdict, system);
        if (result === ALLOWED) summary.allowed(verdict.key);
        else if (result === CHANGED) {
          attributes.set(index, encodeAnyValue(this.#values.text));
          summary.masked(verdict.key);
        }
      }
    }
    summary.writeTo(attributes);
  }

  /** Values that are no strings count as empty ones, or as what they are as text with `redact_all_types`. */
  #judge(value: AnyValueView, verdict: KeyVerdict, system: string): number {
    if (value.type === ANY_STRING) {
      return this.#values.ofAttribute(value.bytes, value.start, value.end, verdict, system);
    }
    const text = this.#allTypes ? encodeUtf8(valueText(value)) : EMPTY;
    return this.#values.ofAttribute(text, 0, text.length, verdict, system);
  }
}
