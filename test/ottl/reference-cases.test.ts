// The cases of the collector's own end-to-end tests of OTTL: every statement, with what the item is afterwards.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { StatementContext } from '../../ottl/contexts.ts';
import { modelItem, type ModelItem } from '../../ottl/model/item.ts';
import { compileStatements, compileValueExpression } from '../../ottl/statements.ts';
import { Id, type OttlValue } from '../../ottl/value.ts';

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly bytesValue?: string;
  readonly bytesHex?: string;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
}

interface Fields {
  readonly name?: string;
  readonly attributes?: readonly KeyValue[];
  readonly body?: AnyValue;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly severityNumber?: number;
  readonly flags?: number;
  readonly droppedAttributesCount?: number;
  readonly timeUnixNano?: string;
  readonly observedTimeUnixNano?: string;
}

interface Document {
  readonly resource?: Fields;
  readonly scope?: Fields;
  readonly logRecord?: Fields;
  readonly span?: Fields;
  readonly spanEvent?: Fields;
  readonly eventIndex?: number;
}

interface Case {
  readonly id: string;
  readonly context: StatementContext;
  readonly statements?: readonly string[];
  readonly expression?: string;
  readonly input: string;
  readonly expected?: Document;
  readonly expectedValue?: AnyValue;
  readonly expectErrorContains?: string;
}

const TOOLS = { now: () => 1_700_000_000_000, random: () => 0.5 };

const file = new URL('../data/ottl/ottl-e2e.json', import.meta.url);
// Safe: the file is part of the tests.
const { inputs, cases } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly inputs: Readonly<Record<string, Document>>;
  readonly cases: readonly Case[];
};

void test('all 183 cases are there', () => {
  assert.equal(new Set(cases.map(({ id }) => id)).size, 183);
});

for (const one of cases) {
  void test(`${one.id}: ${one.expression ?? one.statements?.join('; ')}`, () => {
    run(one, (statement) => statement);
    if (one.context === 'log') run(one, withContextNames);
  });
}

function run(one: Case, written: (statement: string) => string): void {
  const item = itemOf(inputs[one.input] ?? {});
  if (one.expression !== undefined) {
    const value = compileValueExpression(written(one.expression), one.context, TOOLS)(item);
    assert.deepEqual(value, valueOf(one.expectedValue ?? {}));
    return;
  }
  const execute = (): void => {
    const statements = compileStatements((one.statements ?? []).map(written), one.context, TOOLS);
    for (const statement of statements) statement(item);
  };
  if (one.expectErrorContains === undefined) execute();
  else assert.throws(execute, (error: Error) => error.message.includes(one.expectErrorContains ?? ''));
  assert.deepEqual(item, itemOf(one.expected ?? {}));
}

/** `attributes["x"]` as `log.attributes["x"]`, texts in quotes left alone. */
function withContextNames(statement: string): string {
  return statement.replaceAll(
    /"(?:\\.|[^"\\])*"|(?<![\w.])(?:attributes|body|time|span_id|trace_id|severity_number)\b/g,
    (found) => (found.startsWith('"') ? found : `log.${found}`),
  );
}

function itemOf(document: Document): ModelItem {
  const item = modelItem();
  const { resource = {}, scope = {}, logRecord = {}, span = {}, spanEvent = {}, eventIndex = 0 } = document;
  item.resource.attributes = mapOf(resource.attributes);
  item.scope.name = scope.name ?? '';
  item.scope.attributes = mapOf(scope.attributes);
  Object.assign(item.log, {
    attributes: mapOf(logRecord.attributes),
    body: valueOf(logRecord.body ?? {}),
    severityNumber: logRecord.severityNumber ?? 0,
    flags: logRecord.flags ?? 0,
    droppedAttributesCount: logRecord.droppedAttributesCount ?? 0,
    timeUnixNano: BigInt(logRecord.timeUnixNano ?? 0),
    observedTimeUnixNano: BigInt(logRecord.observedTimeUnixNano ?? 0),
    traceId: bytesOf(logRecord.traceId),
    spanId: bytesOf(logRecord.spanId),
  });
  Object.assign(item.span, {
    name: span.name ?? '',
    attributes: mapOf(span.attributes),
    traceId: bytesOf(span.traceId),
    spanId: bytesOf(span.spanId),
  });
  item.event.name = spanEvent.name ?? '';
  item.event.attributes = mapOf(spanEvent.attributes);
  item.eventIndex = eventIndex;
  return item;
}

function bytesOf(hex: string | undefined): Uint8Array {
  return new Uint8Array(Buffer.from(hex ?? '', 'hex'));
}

function mapOf(attributes: readonly KeyValue[] | undefined): Map<string, OttlValue> {
  return new Map(attributes?.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf(value: AnyValue): OttlValue {
  if (value.intValue !== undefined) return BigInt(value.intValue);
  if (value.bytesHex !== undefined) return new Id(bytesOf(value.bytesHex));
  if (value.bytesValue !== undefined) return new Uint8Array(Buffer.from(value.bytesValue, 'base64'));
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(valueOf);
  if (value.kvlistValue !== undefined) return mapOf(value.kvlistValue.values);
  return value.stringValue ?? value.doubleValue ?? value.boolValue ?? null;
}
