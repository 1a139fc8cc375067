// Makes the entries of path tables over objects: each kind of field with its type check on writing.

import type { PathEntry } from '../access.ts';
import { toJsValue } from '../text-of-value.ts';
import { Id, OttlEvaluationError, Time, typeName, type OttlValue } from '../value.ts';
import type { ModelItem, ModelMap } from './item.ts';

export type Entry = readonly [string, PathEntry<ModelItem>];

/** A map of attributes. Setting it copies, so that no two places share a map. */
export function map<K extends string>(path: string, of: (item: ModelItem) => Record<K, ModelMap>, name: K): Entry {
  return [
    path,
    {
      access: {
        get: (item) => of(item)[name],
        set(item, value) {
          if (value !== null && !(value instanceof Map)) throw wrongType('pcommon.Map', value);
          of(item)[name] = copyMap(value ?? new Map());
        },
      },
      keyed: (key) => ({
        get: (item) => of(item)[name].get(key) ?? null,
        set: (item, value) => of(item)[name].set(key, toJsValue(value)),
      }),
    },
  ];
}

export function text<K extends string>(path: string, of: (item: ModelItem) => Record<K, string>, name: K): Entry {
  return field(path, {
    get: (item) => of(item)[name],
    set(item, value) {
      if (typeof value !== 'string') throw wrongType('string', value);
      of(item)[name] = value;
    },
  });
}

/** An unsigned field of 32 bits; written values wrap around as in Go. */
export function integer<K extends string>(path: string, of: (item: ModelItem) => Record<K, number>, name: K): Entry {
  return field(path, {
    get: (item) => BigInt(of(item)[name]),
    set(item, value) {
      if (typeof value !== 'bigint') throw wrongType('int64', value);
      of(item)[name] = Number(BigInt.asUintN(32, value));
    },
  });
}

/** A field with the number of a symbol, which has a sign; written values wrap around. */
export function enumerated<K extends string>(path: string, of: (item: ModelItem) => Record<K, number>, name: K): Entry {
  return field(path, {
    get: (item) => BigInt(of(item)[name]),
    set(item, value) {
      if (typeof value !== 'bigint') throw wrongType('int64', value);
      of(item)[name] = Number(BigInt.asIntN(32, value));
    },
  });
}

/** `x` as a time and `x_unix_nano` as an integer. */
export function time<K extends string>(path: string, of: (item: ModelItem) => Record<K, bigint>, name: K): Entry[] {
  const write = (item: ModelItem, nano: bigint): void => {
    of(item)[name] = BigInt.asUintN(64, nano);
  };
  const read = (item: ModelItem): bigint => of(item)[name];
  return [
    field(path, {
      get: (item) => new Time(BigInt.asIntN(64, read(item))),
      set(item, value) {
        if (!(value instanceof Time)) throw wrongType('time.Time', value);
        write(item, value.nano);
      },
    }),
    field(`${path}_unix_nano`, {
      get: (item) => BigInt.asIntN(64, read(item)),
      set(item, value) {
        if (typeof value !== 'bigint') throw wrongType('int64', value);
        write(item, value);
      },
    }),
  ];
}

/** An id, and its hex text under `.string`; an id of zeros is none. */
export function id<K extends string>(
  path: string,
  of: (item: ModelItem) => Record<K, Uint8Array>,
  { name, size }: { readonly name: K; readonly size: number },
): Entry[] {
  const read = (item: ModelItem): Uint8Array => of(item)[name];
  const write = (item: ModelItem, bytes: Uint8Array): void => {
    of(item)[name] = bytes.every((byte) => byte === 0) ? new Uint8Array(0) : bytes;
  };
  return [
    field(path, {
      get(item) {
        const bytes = new Uint8Array(size);
        bytes.set(read(item).subarray(0, size));
        return new Id(bytes);
      },
      set(item, value) {
        if (!(value instanceof Id) || value.bytes.length !== size) throw wrongType(`id of ${size} bytes`, value);
        write(item, value.bytes);
      },
    }),
    field(`${path}.string`, {
      get: (item) => Buffer.from(read(item)).toString('hex'),
      set(item, value) {
        if (typeof value !== 'string') throw wrongType('string', value);
        if (value.length !== 2 * size || !/^[0-9a-fA-F]*$/.test(value)) {
          throw new OttlEvaluationError(`${JSON.stringify(value)} is no id of ${size} bytes in hex`);
        }
        write(item, new Uint8Array(Buffer.from(value, 'hex')));
      },
    }),
  ];
}

/** A path that takes no keys; without `set` it can only be read. */
export function field(path: string, access: PathEntry<ModelItem>['access']): Entry {
  return [path, { access, indexable: false }];
}

/** A list that no expression looks into: only how long it is can be asked. */
export function counted(path: string, count: (item: ModelItem) => number): Entry {
  return field(path, { get: (item) => Array.from({ length: count(item) }, () => null) });
}

export function wrongType(wanted: string, seen: OttlValue): OttlEvaluationError {
  return new OttlEvaluationError(`expects ${wanted} but got ${typeName(seen)}`);
}

function copyMap(value: ModelMap): ModelMap {
  const copy: ModelMap = new Map();
  for (const [key, inner] of value) copy.set(key, toJsValue(inner));
  return copy;
}
