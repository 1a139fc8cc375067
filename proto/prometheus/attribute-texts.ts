// Attributes as the texts that Prometheus' labels are made of, and the two labels that name a target.

import type { AttributesView } from '../otlp/attributes.ts';
import { valueText } from '../otlp/value-text.ts';

/** Attribute keys and values as text, in their order; of a key that occurs twice the first counts. */
export type Texts = ReadonlyMap<string, string>;

export function texts(attributes: AttributesView): Texts {
  const found = new Map<string, string>();
  attributes.rewind();
  while (attributes.next()) {
    const key = attributes.entry.key();
    if (!found.has(key)) found.set(key, valueText(attributes.entry.value));
  }
  return found;
}

/** Attributes of a resource that `job` and `instance` say, so that `target_info` need not. */
export function isIdentifying(key: string): boolean {
  return key === 'service.name' || key === 'service.namespace' || key === 'service.instance.id';
}

/** `service.namespace/service.name`, or the name alone; undefined where there is no name. */
export function jobOf(resource: Texts): string | undefined {
  const name = resource.get('service.name');
  const namespace = resource.get('service.namespace');
  return name === undefined || namespace === undefined ? name : `${namespace}/${name}`;
}

export function instanceOf(resource: Texts): string | undefined {
  return resource.get('service.instance.id');
}
