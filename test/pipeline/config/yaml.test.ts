import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, constantFrom, property, string } from 'fast-check';
import { entryOf, splitKeys, toPlain, type ConfigNode } from '../../../pipeline/config/node.ts';
import { parseYaml, resolvePlain } from '../../../pipeline/config/yaml.ts';

const plain = (text: string): unknown => {
  const { node, errors } = parseYaml(text, 'test.yaml');
  assert.deepEqual(errors.map(String), []);
  assert.ok(node);
  return toPlain(node);
};
const problems = (text: string): string => parseYaml(text, 'test.yaml').errors.map(String).join('\n');

void test('plain scalars mean what they mean to yaml.v3', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['0123', 83],
    ['0o17', 15],
    ['-0o17', -15],
    ['08', 8],
    ['0x1F', 31],
    ['0b101', 5],
    ['1_000', 1000],
    ['+5', 5],
    ['1e3', 1000],
    ['.5', 0.5],
    ['5.', 5],
    ['-.inf', -Infinity],
    ['18446744073709551615', 18446744073709551615n],
    ['99999999999999999999', 1e20],
    ['~', null],
    ['', null],
    ['Null', null],
    ['nULL', 'nULL'],
    ['TRUE', true],
    ['yes', 'yes'],
    ['on', 'on'],
    ['n', 'n'],
    ['.', '.'],
    ['-', '-'],
    ['1:30', '1:30'],
    ['2006-01-02', '2006-01-02'],
    ['1.2.3', '1.2.3'],
    ['0x', '0x'],
    ['12abc', '12abc'],
  ];
  for (const [text, value] of cases) assert.deepEqual(resolvePlain(text), value, text);
});

void test('quotes, tags, anchors and merge keys', () => {
  assert.deepEqual(plain('a: "0123"\nb: \'true\'\nc: !!str 5\nd: !!int "5"\ne: |\n  5\nf:\n'), {
    a: '0123',
    b: 'true',
    c: '5',
    d: 5,
    e: '5\n',
    f: null,
  });
  assert.deepEqual(plain('base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\ntwo: {<<: [{x: 9}, *b]}\n'), {
    base: { x: 1, y: 2 },
    one: { x: 1, y: 3 },
    two: { x: 9, y: 2 },
  });
  assert.deepEqual(plain('1: a\ntrue: b\n'), { 1: 'a', true: 'b' });
  assert.deepEqual(plain('a: 1\n---\nb: 2\n'), { a: 1 }, 'only the first document counts');
  assert.equal(plain(''), null);
});

void test('bytes in base64 are text in UTF-8, or refused', () => {
  assert.deepEqual(plain('a: !!binary "w6k="'), { a: '\u00e9' });
  assert.match(problems('a: !!binary "/w=="'), /test\.yaml:1:13: the bytes of !!binary are not text in UTF-8/);
  assert.match(problems('!!binary "/w==": b'), /not text in UTF-8/);
});

void test('every value and key knows its place', () => {
  const { node } = parseYaml('a:\n  b: [x,\n    y]\n', 'agent.yaml');
  const b = entryOf(entryOf(node, 'a')?.node, 'b');
  assert.deepEqual(b?.keyAt, { source: 'agent.yaml', line: 2, column: 3 });
  assert.ok(b.node.kind === 'list');
  assert.deepEqual(b.node.items[1]?.at, { source: 'agent.yaml', line: 3, column: 5 });
});

void test('what is not YAML is refused at its place', () => {
  assert.match(problems('a: 1\na: 2\n'), /^test.yaml:2:1: .*unique.*CONFIG_SYNTAX/);
  assert.match(problems('a: [1\n'), /^test.yaml:\d+:\d+: .*CONFIG_SYNTAX/);
  assert.match(problems('{{ .Values.x }}: 1\n'), /a map or list can not be a key/);
  assert.match(problems('a: *nobody\n'), /alias/i);
  assert.match(problems('a: &x [*x]\n'), /contains itself|alias/i);
});

void test('a few anchors can not become millions of values', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level += 1) {
    const list = Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ');
    lines.push(`a${level}: &a${level} [${list}]`);
  }
  assert.match(problems(lines.join('\n')), /more than 200000 values|alias/i);
  assert.match(problems(`${'['.repeat(300)}${']'.repeat(300)}`), /nested deeper than 200 levels/);
});

void test('nothing that is read makes the reader throw', () => {
  const text = string({ unit: constantFrom(...Array.from('ab:-[]{}&*!|>\'"#%@` \n\t?,<0123.')), maxLength: 60 });
  check(
    property(text, (input) => {
      const { node, errors } = parseYaml(input, 'fuzz');
      return (node === undefined) === errors.length > 0;
    }),
    { seed: 7, numRuns: 3000 },
  );
});

void test('keys with :: are nested maps, also beside the nested form', () => {
  const { node } = parseYaml('a::b: 1\na:\n  c::d: 2\nlist: [{e::f: 3}]\n', 't');
  assert.ok(node);
  assert.deepEqual(toPlain(splitKeys(node)), { a: { b: 1, c: { d: 2 } }, list: [{ 'e::f': 3 }] });
});

void test('a key named __proto__ is only a key', () => {
  const value = plain('__proto__: {polluted: true}\n');
  assert.deepEqual(Object.keys(Object(value)), ['__proto__']);
  assert.equal(Object({}).polluted, undefined);
});

void test('whole numbers that are written as floats are known as such', () => {
  const isDouble = (text: string): boolean => {
    const { node } = parseYaml(text, 'test.yaml');
    return node?.kind === 'scalar' && node.isDouble === true;
  };
  for (const text of ['1.0', '-0.0', '5.', '1e3', '1_0.0', '!!float 1', '1e300', '18446744073709551616']) {
    assert.equal(isDouble(text), true, text);
  }
  for (const text of ['1', '-0', '0x10', '0o17', '1_000', '1.5', '"1.0"', '!!str 1.0', '.inf', '.nan', '~', 'true']) {
    assert.equal(isDouble(text), false, text);
  }
});

void test('a slip that ends a document too early is one mistake, not one for every word after it', () => {
  const rest = Array.from({ length: 50 }, (_, index) => `key${index}: {a: [1, 2]}`).join('\n');
  const { errors } = parseYaml(`receivers: {b: c}}\n${rest}\n`, 'test.yaml');
  assert.deepEqual(errors.map(String), [
    'test.yaml:1:18: Unexpected flow-map-end token in YAML stream: "}" [CONFIG_SYNTAX]',
  ]);
});

void test('a text nested too deeply for the library is refused', () => {
  const { errors } = parseYaml('? '.repeat(20_000), 'test.yaml');
  assert.match(errors.map(String).join(), /nested too deeply/);
});

void test('keys of many separators are nested no deeper than others', () => {
  const split = (depth: number): ConfigNode => {
    const { node } = parseYaml(`a: {${Array(depth).fill('k').join('::')}: 1}`, 'agent.yaml');
    assert.ok(node);
    return splitKeys(node);
  };
  assert.deepEqual(toPlain(split(2)), { a: { k: { k: 1 } } });
  split(199);
  assert.throws(() => split(10_000), /CONFIG_SYNTAX|nested deeper than 200 levels/);
});
