import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, integer, property } from 'fast-check';
import { z } from 'zod';
import {
  componentId,
  defaultSection,
  duration,
  formatDuration,
  nullableSection,
  opaquePairs,
  optionalSection,
  parseDuration,
  positiveDuration,
} from '../../pipeline/schema.ts';

void test('durations are read as Go reads them', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    ['+0', 0],
    ['5s', 5000],
    ['1h2m3.5s', 3_723_500],
    ['200ms', 200],
    ['.5s', 500],
    ['1.s', 1000],
    ['-1.5h', -5_400_000],
    ['100us', 0.1],
    ['100\u00b5s', 0.1],
    ['100\u03bcs', 0.1],
    ['1500000ns', 1.5],
    ['2540400h', 2_540_400 * 3_600_000],
    ['2562048h', undefined],
    ['', undefined],
    ['5', undefined],
    ['s', undefined],
    ['.s', undefined],
    ['5 s', undefined],
    ['5d', undefined],
    ['1s1', undefined],
    ['-', undefined],
  ];
  for (const [text, milliseconds] of cases) assert.equal(parseDuration(text), milliseconds, text);
});

void test('durations that are printed read back the same', () => {
  const nanoseconds = integer({ min: -(2 ** 45), max: 2 ** 45 });
  check(
    property(nanoseconds, (value) => {
      const milliseconds = value / 1e6;
      const back = parseDuration(formatDuration(milliseconds)) ?? Number.NaN;
      return Math.abs(back - milliseconds) <= Math.abs(milliseconds) * 1e-9 + 1e-6;
    }),
    { seed: 1, numRuns: 500 },
  );
  assert.equal(formatDuration(3_723_500), '1h2m3.5s');
  assert.equal(formatDuration(300_000), '5m0s');
  assert.equal(formatDuration(0), '0s');
});

void test('a bare number is nanoseconds, and nonsense is refused with an example', () => {
  assert.equal(duration().parse(5_000_000), 5);
  const result = duration().safeParse('5 seconds');
  assert.match(result.error?.issues[0]?.message ?? '', /"5 seconds" is not a duration.*200ms/);
  assert.equal(positiveDuration().safeParse('0s').success, false);
});

const all = (value: unknown) => ({ byDefault: value, optional: value, nullable: value });

void test('sections that may be absent tell absent, bare, empty and turned off apart', () => {
  const inner = z.strictObject({ n: z.int().min(1).default(3) }).refine((value) => value.n !== 13, 'unlucky');
  const schema = z.strictObject({
    byDefault: defaultSection(inner),
    optional: optionalSection(inner),
    nullable: nullableSection(inner),
  });
  assert.deepEqual(schema.parse({}), { byDefault: { n: 3 } });
  assert.deepEqual(schema.parse(all(null)), { byDefault: { n: 3 }, optional: { n: 3 }, nullable: undefined });
  assert.deepEqual(schema.parse(all({})), all({ n: 3 }));
  assert.deepEqual(schema.parse(all({ n: 5, enabled: true })), all({ n: 5 }));
  assert.deepEqual(schema.parse(all({ n: 0, enabled: false })), all(undefined), 'what is off is not validated');
  assert.equal(
    schema.safeParse({ optional: { enabled: false, m: 1 } }).success,
    false,
    'unknown keys are refused all the same',
  );
  assert.equal(schema.safeParse({ optional: { n: 13 } }).success, false);
  assert.equal(schema.safeParse({ optional: { enabled: 'no' } }).success, false);
});

void test('pairs are taken as a map or as a list, and a list names each once', () => {
  assert.deepEqual(opaquePairs().parse({ b: '2', a: '1' }), [
    { name: 'a', value: '1' },
    { name: 'b', value: '2' },
  ]);
  assert.deepEqual(opaquePairs().parse([{ name: 'b', value: '2' }]), [{ name: 'b', value: '2' }]);
  assert.equal(opaquePairs().safeParse([{ name: 'b' }, { name: 'b' }]).success, false);
});

void test('component ids lose the blanks around their parts and nothing else', () => {
  assert.equal(componentId().parse(' basicauth / server '), 'basicauth/server');
  for (const text of ['', '/x', 'a/', '1a', 'a b', 'a/b c', 'a/b$', 'x'.repeat(64), `a/${'x'.repeat(1025)}`]) {
    assert.equal(componentId().safeParse(text).success, false, text);
  }
});

void test('every helper can be shown as JSON Schema', () => {
  const schema = z.strictObject({
    duration: duration().prefault('5s'),
    optional: optionalSection(z.strictObject({ n: z.int().default(3) })),
    pairs: opaquePairs().prefault({}),
    id: componentId().optional(),
  });
  const { properties } = z.toJSONSchema(schema, { io: 'input' });
  assert.deepEqual(Object.keys(properties ?? {}), ['duration', 'optional', 'pairs', 'id']);
  assert.equal(Object(properties?.['duration']).default, '5s');
});
