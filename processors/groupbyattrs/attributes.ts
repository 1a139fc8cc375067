// Attributes as encoded entries: what a resource has, what is taken from an item, and both together.

import type { AttributesView } from '../../proto/otlp/attributes.ts';

/** One attribute: its key and its value, encoded, each as text of one character a byte. */
export interface Entry {
  readonly key: string;
  readonly value: string;
}

/** All attributes, in their order. */
export function entriesOf(attributes: AttributesView): Entry[] {
  const entries: Entry[] = [];
  attributes.rewind();
  while (attributes.next()) {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = attributes.entry;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    entries.push({
      key: buffer.toString('latin1', keyStart, keyEnd),
      value: buffer.toString('latin1', valueStart, valueEnd),
    });
  }
  return entries;
}

/** Those with one of the keys, in the order of the keys; of equal ones the first. */
export function takenFrom(attributes: AttributesView, keys: readonly Uint8Array[]): Entry[] {
  const taken: Entry[] = [];
  for (const key of keys) {
    if (!attributes.find(key)) continue;
    const { bytes, valueStart, valueEnd } = attributes.entry;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    taken.push({ key: Buffer.from(key).toString('latin1'), value: buffer.toString('latin1', valueStart, valueEnd) });
  }
  return taken;
}

/** A resource's attributes with others set. */
export function merged(base: readonly Entry[], others: readonly Entry[]): readonly Entry[] {
  if (others.length === 0) return base;
  const all = [...base];
  for (const other of others) {
    const at = all.findIndex(({ key }) => key === other.key);
    if (at === -1) all.push(other);
    else all[at] = other;
  }
  return all;
}

/** The same for the same attributes in any order, and for no others. */
export function keyOf(entries: readonly Entry[]): string {
  const parts = entries.map(({ key, value }) => `${key.length}:${key}${value.length}:${value}`);
  return parts.sort().join('');
}
