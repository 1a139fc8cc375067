// What tells one series of points from another: resource, scope, metric, attributes in any order, and what its user adds.

import { createHash } from 'node:crypto';
import type { AttributesView } from '../../proto/otlp/attributes.ts';
import type { ResourceView, ScopeView } from '../../proto/otlp/envelope.ts';
import type { MessageDraft } from '../../proto/otlp/message-draft.ts';
import type { DataPointView, MetricView } from '../../proto/otlp/metrics.ts';
import { KEEP, spliceMetrics } from '../../proto/otlp/splice.ts';
import type { ChunkEditor } from '../splice-batch.ts';

/** Builds keys from the outside to the inside, so that what many points share is built once. */
export class SeriesKey {
  readonly #scopesByAttributes: boolean;
  #resource = '';
  #scope = '';
  #metric = '';

  /** `scopesByAttributes`: whether scopes with other attributes have other series. */
  constructor(options: { readonly scopesByAttributes: boolean }) {
    this.#scopesByAttributes = options.scopesByAttributes;
  }

  enterResource(resource: ResourceView): void {
    this.#resource = shortened(attributesKey(resource.attributes));
  }

  enterScope({ name, version, attributes }: ScopeView): void {
    const more = this.#scopesByAttributes ? attributesKey(attributes) : '';
    this.#scope = shortened(`${this.#resource}${measured(name)}${measured(version)}${more}`);
  }

  enterMetric({ type, name, unit, isMonotonic }: MetricView): void {
    this.#metric = shortened(`${this.#scope}${type}${isMonotonic ? '+' : ''}${measured(name)}${measured(unit)}`);
  }

  /** `more` is what tells series apart besides. */
  of(point: DataPointView, more = ''): string {
    return `${this.#metric}${measured(more)}${attributesKey(point.attributes)}`;
  }
}

/** An editor that keeps `key` with the resource and scope of every metric it goes through. */
export function seriesEditor(key: SeriesKey, item: (draft: MessageDraft, metric: MetricView) => boolean): ChunkEditor {
  return spliceMetrics({
    resource: (_draft, resource) => {
      key.enterResource(resource);
      return KEEP;
    },
    scope: (_draft, scope) => {
      key.enterScope(scope);
      return KEEP;
    },
    item,
    pruneEmpty: true,
  });
}

const MAX_SHARED = 256;

/** What many points share is looked at for each of them: a long one is replaced by its hash, once. */
function shortened(text: string): string {
  return text.length > MAX_SHARED ? createHash('sha256').update(text).digest('base64') : text;
}

/** With its length before it, so that no two lists of texts give the same key. */
function measured(text: string): string {
  return `${text.length}:${text}`;
}

/** The attributes as they are encoded, in the order of their bytes. */
function attributesKey(attributes: AttributesView): string {
  const parts: string[] = [];
  attributes.rewind();
  while (attributes.next()) {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = attributes.entry;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const key = buffer.toString('latin1', keyStart, keyEnd);
    parts.push(measured(key) + measured(buffer.toString('latin1', valueStart, valueEnd)));
  }
  return measured(parts.sort().join(''));
}
