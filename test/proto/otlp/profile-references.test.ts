// Indices in attributes are resolved as decoding, looking up and encoding would, against the reference.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { resolveReferences } from '../../../proto/otlp/profile-references.ts';
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

void test('texts stand where their indices were, in resources and scopes, and nothing else changes', () => {
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
  for (const request of fc.sample(requests.profiles, { seed: 62, numRuns: 50 })) {
    const bytes = encode('profiles', request);
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
