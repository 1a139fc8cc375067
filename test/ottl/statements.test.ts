import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatementContext } from '../../ottl/contexts.ts';
import { modelItem, type ModelItem } from '../../ottl/model/item.ts';
import { compileStatements } from '../../ottl/statements.ts';
import { OttlEvaluationError, type OttlValue } from '../../ottl/value.ts';
import { AgentError } from '../../pipeline/errors.ts';

const TOOLS = { now: () => 0, random: () => 0.5 };

function run(item: ModelItem, context: StatementContext, ...statements: readonly string[]): boolean[] {
  return compileStatements(statements, context, TOOLS).map((execute) => execute(item));
}

/** The attributes of a log record after these statements. */
function attributesAfter(before: Readonly<Record<string, OttlValue>>, ...statements: readonly string[]): object {
  const item = modelItem();
  item.log.attributes = new Map(Object.entries(before));
  run(item, 'log', ...statements);
  return Object.fromEntries(item.log.attributes);
}

function fails(before: Readonly<Record<string, OttlValue>>, statement: string, message: RegExp): void {
  assert.throws(
    () => attributesAfter(before, statement),
    (error: Error) => error instanceof OttlEvaluationError && message.test(error.message),
  );
}

function refused(statement: string, message: RegExp, context: StatementContext = 'log'): void {
  assert.throws(
    () => compileStatements([statement], context, TOOLS),
    (error: Error) => error instanceof AgentError && error.code === 'OTTL_INVALID' && message.test(error.message),
  );
}

void test('a statement says whether its condition held, and a failure changes nothing', () => {
  const item = modelItem();
  assert.deepEqual(run(item, 'log', 'set(body, "a")', 'set(body, "b") where body == "x"'), [true, false]);
  assert.equal(item.log.body, 'a');
  fails({ n: 1n }, 'set(attributes["n"]["x"], 1)', /does not support indexing/);
  fails({ n: 1n }, 'set(attributes["m"], Duration("1s"))', /can not be an attribute value/);
  fails({ n: 1n }, 'set(attributes["m"]["x"], Now())', /can not be an attribute value/);
});

void test('places share nothing', () => {
  const item = modelItem();
  item.log.attributes.set('a', new Map([['x', 1n]]));
  run(
    item,
    'log',
    'set(attributes["b"], attributes["a"])',
    'set(attributes["b"]["x"], 2)',
    'set(resource.attributes, attributes)',
    'set(resource.attributes["a"]["x"], 3)',
    'set(attributes["list"], [1, 2])',
    'set(attributes["list"][0], 5)',
  );
  run(item, 'log', 'set(attributes["again"], [1, 2])');
  assert.deepEqual(item.log.attributes.get('a'), new Map([['x', 1n]]));
  assert.deepEqual(item.log.attributes.get('b'), new Map([['x', 2n]]));
  assert.deepEqual(item.resource.attributes.get('a'), new Map([['x', 3n]]));
  assert.deepEqual(item.log.attributes.get('list'), [5n, 2n]);
});

void test('set makes maps and lists on its way', () => {
  assert.deepEqual(attributesAfter({}, 'set(attributes["a"]["b"]["c"], 1)'), {
    a: new Map([['b', new Map([['c', 1n]])]]),
  });
  assert.deepEqual(attributesAfter({}, 'set(attributes["a"][2], 1)'), { a: [null, null, 1n] });
  const item = modelItem();
  run(item, 'log', 'set(body["x"], true)', 'set(cache["y"], "kept")', 'set(body["z"], cache["y"])');
  assert.deepEqual(
    item.log.body,
    new Map<string, OttlValue>([
      ['x', true],
      ['z', 'kept'],
    ]),
  );
  fails({}, 'set(attributes["a"][20000], 1)', /out of bounds/);
  fails({ a: [1n] }, 'set(attributes["a"][1], 1)', /out of bounds/);
});

void test('editors of lists and maps', () => {
  const list = ['a', 'b', 'c', 'd'];
  const left = (statement: string): unknown => Object.values(attributesAfter({ l: [...list] }, statement))[0];
  assert.deepEqual(left('delete_index(attributes["l"], 1)'), ['a', 'c', 'd']);
  assert.deepEqual(left('delete_index(attributes["l"], 1, 3)'), ['a', 'd']);
  assert.deepEqual(left('delete_index(attributes["l"], 0, 4)'), []);
  assert.deepEqual(left('delete_index(attributes["l"], 2, 2)'), list);
  assert.deepEqual(left('append(attributes["l"], value="e", values=[1])'), [...list, 'e', 1n]);
  fails({ l: ['a'] }, 'delete_index(attributes["l"], 1)', /out of bounds/);
  fails({ l: 'text' }, 'delete_index(attributes["l"], 1)', /expected a list/);
  fails({ m: new Map() }, 'append(attributes["m"], 1)', /unsupported type/);
  assert.deepEqual(attributesAfter({ i: 1n, d: 1.5, b: true, n: null, l: [1n], s: 's' }, 'stringify_all(attributes)'), {
    i: '1',
    d: '1.5',
    b: 'true',
    n: '',
    l: '[1]',
    s: 's',
  });
  assert.deepEqual(attributesAfter({ a: 1n, b: 2n, c: 3n }, 'limit(attributes, 2, ["c"])'), { a: 1n, c: 3n });
  fails({ m: 1n }, 'keep_keys(attributes["m"], ["x"])', /expected a map/);
  refused('limit(attributes, -1, [])', /cannot be negative/);
  refused('limit(attributes, 1, ["a", "b"])', /number of priority attributes 2/);
  refused('append(attributes["x"])', /at least one/);
  refused('merge_maps(attributes, attributes, "replace")', /replace, must be/);
});

void test('flatten counts depth and conflicts as the collector does', () => {
  const nested = { a: new Map<string, OttlValue>([['l', [[1n, [2n]], new Map([['x', 3n]])]]]) };
  assert.deepEqual(attributesAfter(nested, 'flatten(attributes)'), {
    'a.l.00': 1n,
    'a.l.01.0': 2n,
    'a.l.1.x': 3n,
  });
  const twice = { a: new Map([['b', 1n]]), 'a.b': 2n };
  assert.deepEqual(attributesAfter(twice, 'flatten(attributes, resolveConflicts=true)'), { 'a.b': 1n, 'a.b.0': 2n });
  assert.deepEqual(attributesAfter(twice, 'flatten(attributes)'), { 'a.b': 2n });
  refused('flatten(attributes, depth=0)', /invalid depth '0'/);
});

void test('truncate_all cuts bytes at the edge of a character', () => {
  const cut = (text: string, rest: string): unknown =>
    Object.values(attributesAfter({ t: text }, `truncate_all(attributes, ${rest})`))[0];
  assert.equal(cut('héllo', '2'), 'h');
  assert.equal(cut('héllo', '3'), 'hé');
  assert.equal(cut('hello world', '8, truncation_marker="..."'), 'hello...');
  assert.equal(cut('héllo', '2, utf8_safe=false'), 'h\ufffd');
  assert.equal(cut('short', '5'), 'short');
  refused('truncate_all(attributes, -1)', /cannot be negative/);
  refused('truncate_all(attributes, 2, truncation_marker="...")', /length of marker 3/);
});

void test('editors that replace', () => {
  const one = { a: 'user=alice pass=1', b: 'bob', n: 5n };
  const a = (statement: string): unknown => new Map(Object.entries(attributesAfter(one, statement))).get('a');
  assert.equal(a(String.raw`replace_pattern(attributes["a"], "(\\w+)=(\\w+)", "$$2:$1")`), '$2:user $2:pass');
  assert.equal(a(String.raw`replace_pattern(attributes["a"], "pass=(\\d)", "<$1>", ToUpperCase)`), 'user=alice <1>');
  assert.equal(a('replace_pattern(attributes["a"], "alice", "x", ToUpperCase, "[%s]")'), 'user=[X] pass=1');
  assert.equal(a('replace_match(attributes["a"], "user=*", "gone", ToUpperCase, "<%s>")'), '<GONE>');
  assert.equal(a('replace_match(attributes["a"], "alice", "gone")'), one.a);
  assert.equal(
    a('replace_pattern(target=attributes["a"], regexPattern="alice", replacement="x", function=ToUpperCase)'),
    'user=X pass=1',
  );
  assert.deepEqual(attributesAfter(one, 'replace_all_matches(attributes, "b{o,x}?", "B")'), { ...one, b: 'B' });
  assert.deepEqual(attributesAfter(one, 'replace_all_patterns(attributes, "value", "b", "c", ToUpperCase)'), {
    ...one,
    b: 'CoC',
  });
  // A key that the function can not change is lost; a value stays.
  assert.deepEqual(attributesAfter(one, 'replace_all_patterns(attributes, "key", "a", "x", Len)'), { b: 'bob', n: 5n });
  assert.deepEqual(attributesAfter(one, 'replace_all_patterns(attributes, "value", "b", "x", Len)'), one);
  fails(one, 'replace_pattern(attributes["a"], "alice", "x", ToUpperCase, "%d %s")', /single %s/);
  fails(one, 'replace_pattern(attributes["a"], "alice", "x", Len)', /must be a string/);
  refused('replace_pattern(attributes["a"], "(", "x")', /not a regular expression/);
  refused('replace_pattern(attributes["a"], "b", "x", Nope)', /no function "Nope"/);
  refused('replace_pattern(attributes["a"], "b", "x", "SHA256")', /expected the name of a function/);
  refused('replace_pattern(attributes["a"], "b", "x", ParseInt)', /can not be called with one argument/);
  refused('replace_all_patterns(attributes, "both", "b", "x")', /invalid mode both/);
  refused('replace_match(attributes["a"], "[a", "x")', /\[ without a \]/);
});

void test('statements that can not work are refused', () => {
  refused('sett(body, 1)', /no editor "sett"/);
  refused('set("body", 1)', /expected a path to change/);
  refused('set(body)', /lacks its argument value/);
  refused('set(body, 1)["x"]', /gives no value/);
  refused('set(metric.type, 1)', /can not be changed/, 'metric');
  refused('set(severity_text["x"], "y")', /takes no key/);
  refused('delete_key(attributes, "x") where nope == 1', /no path "nope"/);
});
