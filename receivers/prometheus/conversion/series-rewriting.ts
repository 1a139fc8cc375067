// Series whose labels do not stay as the target writes them: labels of the target that collide with its own, metric
// relabelling, escapes. What becomes of a series is remembered while the target exposes it.

import {
  LABEL_NAME_ESCAPED,
  LABEL_STRIDE,
  LABEL_VALUE_ESCAPED,
  PageError,
  type PageReader,
} from '../../../proto/prometheus/page-reader.ts';
import type { Labels } from '../discovery/discovery.ts';
import type { Relabelling } from '../relabel.ts';
import { formOf, type SeriesForm } from './series-form.ts';

/** Remembered of one target; what is more is worked out every time. */
const MAX_REMEMBERED = 100_000;
const NAME = '__name__';
const NOT_ATTRIBUTES = new Set([NAME, 'job', 'instance', '__scheme__', '__metrics_path__']);

export interface RewritingSettings {
  readonly targetLabels: Labels;
  readonly externalLabels: Labels;
  readonly honorLabels: boolean;
  readonly relabelling: Relabelling | undefined;
}

/** Null for a series that relabelling drops. */
export type Rewritten = SeriesForm | null;

export class SeriesRewriting {
  readonly #settings: RewritingSettings;
  #remembered = new Map<number, Rewritten>();
  /** Of the page before this one. */
  #before = new Map<number, Rewritten>();

  constructor(settings: RewritingSettings) {
    this.#settings = settings;
  }

  /** A new page begins: what the one before the last had is forgotten. */
  turn(): void {
    if (this.#remembered.size === 0) return;
    this.#before = this.#remembered;
    this.#remembered = new Map();
  }

  /** What becomes of the reader's series, whose hash is `key`. Fails with PageError. */
  of(reader: PageReader, key: number): Rewritten {
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    let rewritten = this.#before.get(key);
    rewritten ??= this.#rewrite(reader);
    if (this.#remembered.size < MAX_REMEMBERED) this.#remembered.set(key, rewritten);
    return rewritten;
  }

  #rewrite(reader: PageReader): Rewritten {
    const { targetLabels, relabelling, externalLabels } = this.#settings;
    const exposed = exposedLabels(reader);
    let labels = this.#withTargetLabels(exposed);
    if (relabelling) {
      const relabelled = relabelling(labels);
      if (!relabelled) return null;
      labels = relabelled;
    }
    for (const [name, value] of externalLabels) labels.set(name, value);
    const name = labels.get(NAME) ?? '';
    if (name === '') throw new PageError(`${reader.place()}: metric relabelling leaves a series without a name`);
    const form = formOf(
      name,
      [...labels].filter(([label, value]) => value !== '' && !NOT_ATTRIBUTES.has(label)),
    );
    form.job = other(labels.get('job'), targetLabels.get('job'));
    form.instance = other(labels.get('instance'), targetLabels.get('instance'));
    return form;
  }

  /** Prometheus' mutateSampleLabels. */
  #withTargetLabels(exposed: Map<string, string>): Map<string, string> {
    const { targetLabels, honorLabels } = this.#settings;
    const labels = new Map(exposed);
    if (honorLabels) {
      for (const [name, value] of targetLabels) if (!labels.has(name)) labels.set(name, value);
      return labels;
    }
    const conflicts: [string, string][] = [];
    for (const [name, value] of targetLabels) {
      const own = exposed.get(name) ?? '';
      if (own !== '') conflicts.push([name, own]);
      labels.set(name, value);
    }
    conflicts.sort(([a], [b]) => a.length - b.length);
    for (const [name, value] of conflicts) {
      let free = `exported_${name}`;
      while (exposed.has(free) || labels.has(free)) free = `exported_${free}`;
      labels.set(free, value);
    }
    return labels;
  }
}

/** Name and labels as texts. Fails with PageError where a label is there twice. */
function exposedLabels(reader: PageReader): Map<string, string> {
  const labels = new Map([[NAME, reader.string(reader.nameStart, reader.nameEnd, reader.isNameEscaped)]]);
  for (let index = 0; index < reader.labelCount; index++) {
    const at = index * LABEL_STRIDE;
    // Safe: below labelCount.
    const [nameStart, nameEnd, valueStart, valueEnd, flags] = [0, 1, 2, 3, 4].map(
      (offset) => reader.labels[at + offset] as number,
    ) as [number, number, number, number, number];
    const name = reader.string(nameStart, nameEnd, (flags & LABEL_NAME_ESCAPED) !== 0);
    if (labels.has(name)) throw new PageError(`${reader.place()}: the label ${JSON.stringify(name)} is there twice`);
    labels.set(name, reader.string(valueStart, valueEnd, (flags & LABEL_VALUE_ESCAPED) !== 0));
  }
  return labels;
}

function other(value: string | undefined, targets: string | undefined): string | undefined {
  return value === undefined || value === '' || value === targets ? undefined : value;
}
