import assert from 'node:assert/strict';
import { test } from 'node:test';
import { XML_CONVERTERS } from '../../ottl/functions/xml/converters.ts';
import { compileXPath } from '../../ottl/functions/xml/xpath.ts';
import { OttlEvaluationError, type OttlValue } from '../../ottl/value.ts';

const TOOLS = { now: () => 0, random: () => 0 };

function run(name: string, ...args: readonly OttlValue[]): OttlValue {
  const known = XML_CONVERTERS[name];
  assert.ok(known && 'prepare' in known);
  return known.prepare([undefined, ...args.slice(1)], TOOLS)(args);
}

void test('expressions select by axis, position and content', () => {
  const xml = '<a><b n="1">x</b><c><b n="2">y</b><!-- z --></c><b n="3">w</b></a>';
  const cases: readonly (readonly [string, string])[] = [
    ['/a/b[2]', '<b n="3">w</b>'],
    ['//b[@n > 1]', '<b n="2">y</b><b n="3">w</b>'],
    ['/a/c/preceding-sibling::b', '<b n="1">x</b>'],
    ['/a/c/following::b/text()', 'w'],
    ['//b[contains(., "y") or @n="1"]', '<b n="1">x</b><b n="2">y</b>'],
    ['//b[position() = last()]/@n', '23'],
    ['//c/..', xml],
    ['//b[starts-with(., "w")]/ancestor::a/c/b', '<b n="2">y</b>'],
    ['(//b)[3]', '<b n="3">w</b>'],
    ['//b[string-length(.) + 1 = 2][not(@n = 2)]', '<b n="1">x</b><b n="3">w</b>'],
    ['/a/*[local-name() = "c"]/b', '<b n="2">y</b>'],
  ];
  for (const [path, expected] of cases) assert.equal(run('GetXML', xml, path), expected, path);
});

void test('malformed expressions are refused', () => {
  for (const path of ['', '/a[', 'a b', '//', 'foo(1)', 'count(//a)', '"x"', 'a::b', '@', '(((']) {
    assert.throws(() => compileXPath(path), Error, path);
  }
});

void test('what is no XML, or nested too deep, is an error and nothing worse', () => {
  const deep = `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`;
  for (const text of [
    deep,
    '<a',
    '<a b=c/>',
    '<a>&nope;</a>',
    '<a>]]></a>',
    '<a></a',
    '</a>',
    '<p:a/>',
    '<a b="<"/>',
    '<!--',
  ]) {
    for (const name of ['ParseXML', 'ParseSimplifiedXML', 'ConvertTextToElementsXML']) {
      assert.throws(() => run(name, text), OttlEvaluationError, `${name} ${text.slice(0, 20)}`);
    }
  }
});

void test('a hundred thousand siblings or attributes take no longer than reading them', () => {
  const siblings = `<a>${'<b/>'.repeat(100_000)}</a>`;
  assert.equal(run('RemoveXML', siblings, '//b'), '<a></a>');
  const attributes = `<a ${Array.from({ length: 100_000 }, (_, index) => `b${index}=""`).join(' ')}/>`;
  assert.equal(run('RemoveXML', attributes, '//@*'), '<a></a>');
  assert.equal(run('InsertXML', '<a/>', '/a', '<b/>'.repeat(100_000)), siblings.replaceAll('<b/>', '<b></b>'));
});
