// Some 800 statements with what the collector's own OTTL made of them, run over the same record.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { modelItem, type ModelItem } from '../../ottl/model/item.ts';
import { compileStatements } from '../../ottl/statements.ts';
import { OttlEvaluationError, type OttlValue } from '../../ottl/value.ts';
import { AgentError } from '../../pipeline/errors.ts';

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: string;
  readonly doubleValue?: string | number;
  readonly boolValue?: boolean;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values: readonly KeyValue[] };
}

interface Case {
  readonly statements: readonly string[];
  readonly refused?: string;
  readonly fails?: string;
  readonly attributes?: Readonly<Record<string, AnyValue | null>>;
  readonly resource?: Readonly<Record<string, AnyValue | null>>;
  readonly body?: AnyValue;
  readonly fields?: Readonly<Record<string, string | number>>;
}

interface Input {
  readonly resourceLogs: readonly [
    {
      readonly resource: { readonly attributes: readonly KeyValue[] };
      readonly scopeLogs: readonly [{ readonly logRecords: readonly [{ readonly attributes: readonly KeyValue[] }] }];
    },
  ];
}

const DATA = new URL('../data/ottl-statements/', import.meta.url);
const OPTIONS = { now: () => Date.UTC(2026, 10, 24), random: () => 0.5, allowNil: true };

/** Where we answer otherwise on purpose. */
const DIFFERENCES: readonly (readonly [RegExp, string])[] = [
  [
    /^append\(.*, attributes\["(?:m|l|ll|empty\.list)"\]\)$/,
    'the collector can not append a map or list of the record',
  ],
  [
    /^merge_maps\(attributes\["m"\], attributes\["m"\], "upsert"\)/,
    'the collector empties a map that it merges into itself',
  ],
  [/"%s%s"/, 'the collector writes %!s(MISSING) into the data'],
  [/\[!a-z ]/, 'a class of a range and a character has but one meaning; the collector refuses it'],
  [/"\{a"/, 'the collector takes a glob that ends within a choice'],
];

// Safe: the file is ours.
const input = (JSON.parse(readFileSync(new URL('input.json', DATA), 'utf8')) as Input).resourceLogs[0];

function valueOf(value: AnyValue): OttlValue {
  if (value.intValue !== undefined) return BigInt(value.intValue);
  if (value.doubleValue !== undefined) return Number(value.doubleValue);
  if (value.bytesValue !== undefined) return new Uint8Array(Buffer.from(value.bytesValue, 'base64'));
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(valueOf);
  if (value.kvlistValue !== undefined) return mapOf(value.kvlistValue.values);
  return value.stringValue ?? value.boolValue ?? null;
}

function mapOf(attributes: readonly KeyValue[]): Map<string, OttlValue> {
  return new Map(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function freshItem(): ModelItem {
  const item = modelItem();
  item.resource.attributes = mapOf(input.resource.attributes);
  item.scope.name = 'lib';
  item.scope.version = '1';
  Object.assign(item.log, {
    attributes: mapOf(input.scopeLogs[0].logRecords[0].attributes),
    body: 'user 42',
    severityNumber: 9,
    severityText: 'INFO',
    timeUnixNano: 1_581_452_772_000_000_321n,
    traceId: Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex'),
    spanId: Buffer.from('0102030405060708', 'hex'),
    flags: 1,
  });
  return item;
}

/** What an item is made of, as the cases have it. */
function stateOf({ log, resource, scope }: ModelItem): Record<string, unknown> {
  return {
    attributes: log.attributes,
    resource: resource.attributes,
    body: log.body,
    fields: {
      severityText: log.severityText,
      severityNumber: log.severityNumber,
      timeUnixNano: String(log.timeUnixNano),
      traceId: Buffer.from(log.traceId).toString('hex'),
      spanId: Buffer.from(log.spanId).toString('hex'),
      flags: log.flags,
      scopeName: scope.name,
    },
  };
}

function expected({ attributes = {}, resource = {}, body, fields = {}, fails }: Case): unknown {
  const item = freshItem();
  apply(item.log.attributes, attributes);
  apply(item.resource.attributes, resource);
  if (body !== undefined) item.log.body = valueOf(body);
  const state = stateOf(item);
  return { ...state, fields: { ...Object(state['fields']), ...fields }, isFailed: fails !== undefined };
}

function apply(map: Map<string, OttlValue>, changes: Readonly<Record<string, AnyValue | null>>): void {
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) map.delete(key);
    else map.set(key, valueOf(value));
  }
}

/** What we make of a case; undefined where we refuse it. */
function answer({ statements }: Case): unknown {
  const item = freshItem();
  try {
    for (const execute of compileStatements(statements, 'log', OPTIONS)) execute(item);
    return { ...stateOf(item), isFailed: false };
  } catch (error) {
    if (error instanceof AgentError) return undefined;
    if (error instanceof OttlEvaluationError) return { ...stateOf(item), isFailed: true };
    throw error;
  }
}

void test('every statement does what the collector does, but for differences that are argued', () => {
  const cases = readFileSync(new URL('cases.jsonl', DATA), 'utf8')
    .trim()
    .split('\n')
    // Safe: the file is ours, and its form is in the README beside it.
    .map((line) => JSON.parse(line) as Case);
  assert.equal(cases.length, 781);
  const wrong: string[] = [];
  const unused = new Set(DIFFERENCES);
  for (const one of cases) {
    if (isDeepStrictEqual(answer(one), one.refused === undefined ? expected(one) : undefined)) continue;
    const text = one.statements.join('; ');
    const known = DIFFERENCES.filter(([pattern]) => pattern.test(text));
    for (const difference of known) unused.delete(difference);
    if (known.length === 0) wrong.push(`${text}: the collector ${one.refused ?? one.fails ?? 'takes it'}`);
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual([...unused], [], 'a difference that no longer is one must leave the list');
});
