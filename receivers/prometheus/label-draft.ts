// Labels while they are changed. Keeps the order in which Prometheus goes through them, which decides who wins when
// labelmap gives two labels the same name: those never changed first, then the others in the order of their first change.

export class LabelDraft {
  readonly labels: Map<string, string>;
  /** The labels that were set since. */
  readonly #changed = new Set<string>();

  constructor(labels: ReadonlyMap<string, string>) {
    this.labels = new Map(labels);
  }

  /** Empty where there is no such label. */
  get(name: string): string {
    return this.labels.get(name) ?? '';
  }

  /** An empty value removes the label. Always true, so that it can end a rule. */
  set(name: string, value: string): true {
    if (value === '') return this.delete(name);
    if (!this.#changed.has(name)) {
      this.#changed.add(name);
      this.labels.delete(name);
    }
    this.labels.set(name, value);
    return true;
  }

  delete(name: string): true {
    this.labels.delete(name);
    this.#changed.delete(name);
    return true;
  }

  /** As they are now, unaffected by later changes. */
  entries(): readonly (readonly [string, string])[] {
    return [...this.labels];
  }
}
