// Indices in attributes are resolved, and texts made indices, as decoding, looking up and encoding would: against the reference.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { internTexts } from '../../../proto/otlp/profile-interning.ts';
import { resolveReferences } from '../../../proto/otlp/profile-references.ts';
import { ProfileDictionary } from '../../../proto/otlp/profile-dictionary.ts';
import { validate } from '../../../proto/otlp/validate.ts';
import { MalformedProto } from '../../../proto/wire.ts';
import { ProtoWriter } from '../../../proto/wire-writer.ts';
import { anyValue, requests } from '../arbitrary.ts';
import { decode, encode } from '../reference.ts';

interface Entry {
  key?: string;
  keyStrindex?: number;
  value?: Value;
}
interface Value {
  stringValueStrindex?: number;
  arrayValue?: { values?: Value[] };
  kvlistValue?: { values?: Entry[] };
}

const index = fc.oneof(fc.integer({ min: -1, max: 6 }), fc.constant(0x7f_ff_ff_ff));
const { entry } = fc.letrec<{ value: Value; entry: Entry }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true, maxDepth: 4 },
    index.map((stringValueStrindex) => ({ stringValueStrindex })),
    anyValue,
    fc.array(tie('value'), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
    fc.array(tie('entry'), { maxLength: 3 }).map((values) => ({ kvlistValue: { values } })),
  ),
  entry: fc.record(
    { key: fc.constantFrom('', 'key', 'k'.repeat(130)), keyStrindex: index, value: tie('value') },
    { requiredKeys: [] },
  ),
}));
const attributes = fc.array(entry, { maxLength: 4 });
const text = fc.oneof(fc.string({ maxLength: 5 }), fc.string({ minLength: 125, maxLength: 140 }));

const resolved = (one: unknown, table: readonly string[]): unknown => {
  const at = (position: unknown): string | undefined =>
    typeof position === 'number' && position > 0 ? table[position] : undefined;
  const valueOf = (value: Value): object => {
    const found = at(value.stringValueStrindex);
    if (found !== undefined) return { stringValue: found };
    if (value.arrayValue) return { arrayValue: { values: (value.arrayValue.values ?? []).map(valueOf) } };
    return value.kvlistValue ? { kvlistValue: { values: (value.kvlistValue.values ?? []).map(entryOf) } } : value;
  };
  const entryOf = ({ value, ...given }: Entry): object => {
    const found = given.key === undefined || given.key === '' ? at(given.keyStrindex) : undefined;
    const key = found === undefined ? given : { key: found };
    return value === undefined ? key : { ...key, value: valueOf(value) };
  };
  // Safe: what this file made.
  return (one as Entry[]).map(entryOf);
};

const request = fc.record({
  base: requests.profiles,
  groups: fc.array(
    fc.record({
      resource: fc.record({ attributes, droppedAttributesCount: fc.nat(3) }, { requiredKeys: [] }),
      scopeProfiles: fc.array(
        fc.record(
          {
            scope: fc.record({ name: text, attributes }, { requiredKeys: [] }),
            profiles: fc.constant([{ samples: [{ stackIndex: 3 }] }]),
          },
          { requiredKeys: [] },
        ),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 3 },
  ),
  stringTable: fc.array(text, { maxLength: 6 }),
});

void test('texts stand where their indices were, in resources and scopes, and nothing else changes', () => {
  fc.assert(
    fc.property(request, ({ base, groups, stringTable }) => {
      const dictionary = { ...Object(base).dictionary, stringTable };
      const given = encode('profiles', { ...base, resourceProfiles: groups, dictionary });
      const expected = encode('profiles', {
        ...base,
        dictionary,
        resourceProfiles: groups.map(({ resource, scopeProfiles }) => ({
          resource: { ...resource, attributes: resolved(resource.attributes ?? [], stringTable) },
          scopeProfiles: scopeProfiles.map((one) => ({
            ...one,
            ...(one.scope && {
              scope: { ...one.scope, attributes: resolved(one.scope.attributes ?? [], stringTable) },
            }),
          })),
        })),
      });
      const found = resolveReferences(given);
      validate('profiles', found);
      assert.deepEqual(decode('profiles', found), decode('profiles', expected));
      assert.equal(resolveReferences(found), found);
    }),
    { seed: 61, numRuns: 300 },
  );
});

void test('a request without indices stays the same bytes', () => {
  for (const one of fc.sample(requests.profiles, { seed: 62, numRuns: 50 })) {
    const bytes = encode('profiles', one);
    assert.equal(resolveReferences(bytes), bytes);
  }
});

void test('the table may stand in several parts, before the resources and behind', () => {
  const part = (stringTable: string[]): Uint8Array => encode('profiles', { dictionary: { stringTable } });
  const attribute = { keyStrindex: 1, value: { stringValueStrindex: 2 } };
  const resources = encode('profiles', { resourceProfiles: [{ resource: { attributes: [attribute] } }] });
  const found = resolveReferences(Buffer.concat([part(['', 'a']), resources, part(['b'])]));
  const [group] = Object(decode('profiles', found)).resourceProfiles;
  assert.deepEqual(group.resource.attributes, [{ key: 'a', value: { stringValue: 'b', value: 'stringValue' } }]);
});

void test('indices that stand for more text than memory should hold are refused', () => {
  const writer = new ProtoWriter();
  const entries = Array.from({ length: 70 }, () => ({ value: { stringValueStrindex: 1 } }));
  writer.raw(encode('profiles', { resourceProfiles: [{ resource: { attributes: entries } }] }));
  writer.raw(encode('profiles', { dictionary: { stringTable: ['', 'x'.repeat(1 << 20)] } }));
  assert.throws(() => resolveReferences(writer.finish()), MalformedProto);
});

/** The collector's convertProfilesToReferences on decoded attributes, but for index 0, which it may give to a text. */
function interned(table: string[]): (entries: readonly Entry[]) => object[] {
  const known = new Map(table.map((one, position) => [one, position]).slice(1) as [string, number][]); // safe: pairs
  const indexOf = (one: string): number => {
    const found = known.get(one);
    if (found !== undefined) return found;
    if (table.length === 0) table.push('');
    known.set(one, table.length);
    return table.push(one) - 1;
  };
  const valueOf = (value: Value & { stringValue?: string }): object => {
    if (value.stringValue !== undefined && value.stringValue !== '') {
      return { stringValueStrindex: indexOf(value.stringValue) };
    }
    if (value.arrayValue) return { arrayValue: { values: (value.arrayValue.values ?? []).map(valueOf) } };
    return value.kvlistValue ? { kvlistValue: { values: (value.kvlistValue.values ?? []).map(entryOf) } } : value;
  };
  const entryOf = ({ key = '', value, ...rest }: Entry): object => {
    const named = key === '' ? { key, ...rest } : { keyStrindex: indexOf(key) };
    return value === undefined ? named : { ...named, value: valueOf(value) };
  };
  return (entries) => entries.map(entryOf);
}

void test('texts become indices as in the collector', () => {
  fc.assert(
    fc.property(request, ({ base, groups, stringTable }) => {
      const dictionary = { ...Object(base).dictionary, stringTable };
      const given = encode('profiles', { ...base, resourceProfiles: groups, dictionary });
      const table = [...stringTable];
      const convert = interned(table);
      const resourceProfiles = groups.map(({ resource, scopeProfiles }) => ({
        resource: { ...resource, attributes: convert(resource.attributes ?? []) },
        scopeProfiles: scopeProfiles.map((one) => ({
          ...one,
          ...(one.scope && { scope: { ...one.scope, attributes: convert(one.scope.attributes ?? []) } }),
        })),
      }));
      const wanted = encode('profiles', {
        ...base,
        resourceProfiles,
        dictionary: { ...dictionary, stringTable: table },
      });
      const found = internTexts(given);
      validate('profiles', found);
      assert.deepEqual(decode('profiles', found), decode('profiles', wanted));
      assert.equal(internTexts(found), found);
    }),
    { seed: 63, numRuns: 300 },
  );
});

void test('texts come back from their indices', () => {
  fc.assert(
    fc.property(requests.profiles, (one) => {
      const given = encode('profiles', one);
      const { dictionary: _, ...before } = decode('profiles', given);
      const { dictionary: _interned, ...after } = decode('profiles', resolveReferences(internTexts(given)));
      assert.deepEqual(after, before);
    }),
    { seed: 64, numRuns: 100 },
  );
});

void test('new texts go into a part of their own where the dictionary stands before a resource', () => {
  const resources = encode('profiles', {
    resourceProfiles: [{ resource: { attributes: [{ key: 'a', value: { stringValue: 'b' } }] } }],
  });
  const dictionary = encode('profiles', { dictionary: { stringTable: ['', 'b'] } });
  const found = internTexts(Buffer.concat([dictionary, resources]));
  validate('profiles', found);
  const table = new ProfileDictionary();
  table.bind(found);
  assert.deepEqual(
    [0, 1, 2, 3].map((position) => table.text(position)),
    ['', 'b', 'a', undefined],
  );
  const [group] = Object(decode('profiles', found)).resourceProfiles;
  assert.deepEqual(group.resource.attributes, [
    { keyStrindex: 2, value: { stringValueStrindex: 1, value: 'stringValueStrindex' } },
  ]);
});
