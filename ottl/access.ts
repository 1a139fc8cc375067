// How paths reach data: the narrow interface between compiled statements and what they run on, be it bytes or objects.

import type { AnyValueView } from '../proto/otlp/any-value.ts';
import type { OttlValue } from './value.ts';

/** Reads (and, where data can change, writes) one path of an item. The optional members are shortcuts that allocate nothing. */
export interface Accessor<Item> {
  get(item: Item): OttlValue;
  /** Absent where the path can not be written. */
  set?(item: Item, value: OttlValue): void;
  /** The value of a path that always is an integer of at most 53 bits. */
  number?(item: Item): number;
  /** A test for equality with a text, given in UTF-8. */
  equalsText?(needle: Uint8Array): (item: Item) => boolean;
  /** The attribute where it lies; undefined where it is absent. */
  attribute?(item: Item): AnyValueView | undefined;
}

export interface PathEntry<Item> {
  readonly access: Accessor<Item>;
  /** For maps: the accessor of one key. */
  readonly keyed?: (key: string) => Accessor<Item>;
  /** False where the path takes no keys. */
  readonly indexable?: boolean;
}

/** Paths with their context (`span.name`, `resource.attributes`) → how to reach them. */
export type PathTable<Item> = ReadonlyMap<string, PathEntry<Item>>;
