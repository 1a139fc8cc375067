// What a label's name means: each name of a request is looked at once.

import { encodeUtf8 } from '../../proto/otlp/text.ts';
import type { SymbolTable } from '../../proto/prometheus/remote-write/symbols.ts';

const UNKNOWN = 0;
/** An attribute of the point. */
export const PLAIN = 1;
export const METRIC_NAME = 2;
export const JOB = 3;
export const INSTANCE = 4;
export const LE = 5;
export const QUANTILE = 6;
export const SCOPE = 7;
/** Type and unit, where Prometheus keeps them with the series (its feature type-and-unit-labels). */
export const TYPE = 8;
export const UNIT = 9;

const NAMES: readonly (readonly [Uint8Array, number])[] = [
  [encodeUtf8('__name__'), METRIC_NAME],
  [encodeUtf8('job'), JOB],
  [encodeUtf8('instance'), INSTANCE],
  [encodeUtf8('le'), LE],
  [encodeUtf8('quantile'), QUANTILE],
  [encodeUtf8('__type__'), TYPE],
  [encodeUtf8('__unit__'), UNIT],
];

/** Labels of the scope; what stands behind the prefix is an attribute of it, but for three. */
export const SCOPE_LABELS = {
  prefix: encodeUtf8('otel_scope_'),
  name: encodeUtf8('otel_scope_name'),
  version: encodeUtf8('otel_scope_version'),
  schemaUrl: encodeUtf8('otel_scope_schema_url'),
} as const;

export class LabelClasses {
  readonly #symbols: SymbolTable;
  #classes: Uint8Array = new Uint8Array(512);
  #known = 0;

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  reset(): void {
    this.#classes.fill(UNKNOWN, 0, this.#known);
    this.#known = 0;
  }

  of(name: number): number {
    if (name >= this.#known) this.#learn();
    // Safe: learn made the array longer than any symbol.
    return (this.#classes[name] as number) || (this.#classes[name] = this.#find(name));
  }

  #learn(): void {
    this.#known = this.#symbols.count;
    if (this.#known <= this.#classes.length) return;
    const longer = new Uint8Array(this.#known * 2);
    longer.set(this.#classes);
    this.#classes = longer;
  }

  #find(name: number): number {
    for (const [text, found] of NAMES) if (this.#symbols.is(name, text)) return found;
    const { prefix } = SCOPE_LABELS;
    const { bytes, starts } = this.#symbols;
    const start = starts[name] ?? 0;
    if (this.#symbols.lengthOf(name) <= prefix.length) return PLAIN;
    for (let index = 0; index < prefix.length; index++) if (bytes[start + index] !== prefix[index]) return PLAIN;
    return SCOPE;
  }
}
