// OTLP/JSON at its edges beside a running collector: what one of the two refuses or reads otherwise than the other, and why.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { JsonError, jsonToProto } from '../../proto/json/decode.ts';
import { validate } from '../../proto/otlp/validate.ts';
import { MalformedProto } from '../../proto/wire.ts';
import { decode } from '../proto/reference.ts';
import { freePorts, Program } from '../support/agent.ts';
import { httpRequest } from '../support/http-request.ts';
import { flatSpans } from '../support/otlp-objects.ts';

const otelcol = process.env['OTELCOL'];
const skip = otelcol === undefined ? 'OTELCOL is not set (bench/otelcol/build.sh builds it)' : false;

const VALUE = (value: string): string => `"attributes":[{"key":"k","value":${value}}]`;

/** Fields of a span that both read to the same, or that both refuse. */
const SAME: readonly string[] = [
  '"traceId":"ABCDEFabcdef00112233445566778899","spanId":"AbCdEf0011223344"',
  '"traceId":"abcd"',
  '"traceId":""',
  '"traceId":5',
  '"traceId":"W47/95gDgQPSabYzgT/GDA=="',
  '"kind":"2"',
  '"kind":2.5',
  '"kind":99',
  '"kind":-1',
  '"kind":true',
  '"startTimeUnixNano":"1544712660300000123"',
  '"startTimeUnixNano":1544712660300000123',
  '"startTimeUnixNano":"1.5e18"',
  '"startTimeUnixNano":"-1"',
  '"startTimeUnixNano":18446744073709551615',
  '"startTimeUnixNano":18446744073709551616',
  '"startTimeUnixNano":""',
  '"startTimeUnixNano":" 5"',
  '"startTimeUnixNano":"+5"',
  '"startTimeUnixNano":"007"',
  VALUE('{"intValue":9223372036854775807}'),
  VALUE('{"intValue":-9223372036854775808}'),
  VALUE('{"intValue":"9223372036854775808"}'),
  VALUE('{"intValue":1.5}'),
  VALUE('{"intValue":"0x10"}'),
  VALUE('{"doubleValue":-0}'),
  VALUE('{"doubleValue":"NaN"}'),
  VALUE('{"doubleValue":"-Infinity"}'),
  VALUE('{"doubleValue":"1.5"}'),
  VALUE('{"doubleValue":""}'),
  VALUE('{"doubleValue":" 1"}'),
  VALUE('{"doubleValue":"0x10"}'),
  VALUE('{"doubleValue":1e400}'),
  VALUE('{"doubleValue":"1e400"}'),
  VALUE('{"doubleValue":12345678901234567890}'),
  VALUE('{"doubleValue":5e-324}'),
  VALUE('{"boolValue":"true"}'),
  VALUE('{"stringValue":5}'),
  VALUE('{"stringValue":""}'),
  VALUE('{"bytesValue":"/+8="}'),
  VALUE('{"bytesValue":"A"}'),
  VALUE('{"bytesValue":""}'),
  VALUE('{"bytesValue":"A=QI"}'),
  VALUE('{"stringValue":"a","intValue":"1"}'),
  VALUE('{"arrayValue":{}}'),
  '"attributes":null',
  '"attributes":{}',
  '"status":null',
  '"status":[]',
  '"Kind":3',
  '"unknown":{"a":[1,{"b":null}]}',
  '"flags":4294967295',
  '"flags":4294967296',
  '"flags":"7"',
  '"traceState":"\\u0000"',
];

type Verdict = 'read' | 'refused';

/** Where we differ: the field, what the collector does, what we do, and what says so. */
const DIFFERENT: readonly (readonly [string, Verdict, Verdict, string])[] = [
  ['"kind":"SPAN_KIND_SERVER"', 'read', 'refused', 'OTLP: only integers as values of enums'],
  [
    '"trace_id":"abcdefabcdef00112233445566778899"',
    'read',
    'read',
    'OTLP: only lowerCamelCase, so the name is unknown',
  ],
  ['"traceId":null', 'refused', 'read', 'protobuf JSON: null is the default'],
  ['"kind":null', 'refused', 'read', 'protobuf JSON: null is the default'],
  ['"startTimeUnixNano":null', 'refused', 'read', 'protobuf JSON: null is the default'],
  [VALUE('{"doubleValue":null}'), 'refused', 'read', 'protobuf JSON: null is the default'],
  [VALUE('{"boolValue":null}'), 'refused', 'read', 'protobuf JSON: null is the default'],
  [VALUE('{"stringValue":null}'), 'read', 'read', 'a null leaves the oneof unset; the collector has an empty text'],
  ['"attributes":[null]', 'read', 'refused', 'protobuf JSON: null is no element'],
  [VALUE('{"arrayValue":{"values":[null]}}'), 'read', 'refused', 'protobuf JSON: null is no element'],
  ['"kind":2.0', 'refused', 'read', 'protobuf JSON: a whole number may have a fraction of zero'],
  ['"startTimeUnixNano":1.5e18', 'refused', 'read', 'protobuf JSON: a whole number may have an exponent'],
  [VALUE('{"doubleValue":"inf"}'), 'read', 'refused', 'protobuf JSON: the word is Infinity'],
  [VALUE('{"bytesValue":"AQI"}'), 'refused', 'read', 'protobuf JSON: with or without padding'],
  [VALUE('{"bytesValue":"_-8="}'), 'refused', 'read', 'protobuf JSON: standard or URL-safe'],
];

const bodyOf = (fields: string, index: number): string =>
  `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"case-${index}",${fields}}]}]}]}`;

/** The span as it is read here; undefined where it is refused. */
function ours(body: string): unknown {
  try {
    const bytes = jsonToProto('traces', Buffer.from(body));
    validate('traces', bytes);
    return flatSpans([decode('traces', bytes)])[0]?.span;
  } catch (error) {
    assert.ok(error instanceof JsonError || error instanceof MalformedProto, body);
    return undefined;
  }
}

/** The spans as the collector's file exporter wrote them; undefined where it refused them. */
async function theirs(bodies: readonly string[]): Promise<unknown[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'json-interop-'));
  const [port = 0] = await freePorts(1);
  const file = path.join(folder, 'out');
  const collector = new Program({
    command: otelcol ?? '',
    config: {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      exporters: { file: { path: file, format: 'proto' } },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: { receivers: ['otlp'], exporters: ['file'] } },
      },
    },
  });
  try {
    await collector.said(/Everything is ready/);
    const isRead: boolean[] = [];
    for (const body of bodies) {
      const headers = { 'content-type': 'application/json' };
      isRead.push((await httpRequest(`http://127.0.0.1:${port}/v1/traces`, { headers, body })).status === 200);
    }
    await collector.stop();
    const written = readFileSync(file);
    const spans: unknown[] = [];
    for (let at = 0; at < written.length; at += 4 + written.readUInt32BE(at)) {
      const record = written.subarray(at + 4, at + 4 + written.readUInt32BE(at));
      spans.push(flatSpans([decode('traces', record)])[0]?.span);
    }
    assert.equal(spans.length, isRead.filter(Boolean).length);
    return isRead.map((read) => (read ? spans.shift() : undefined));
  } finally {
    await collector.stop();
    rmSync(folder, { recursive: true });
  }
}

void test(
  'OTLP/JSON is read as a running collector reads it, but for what the specifications say',
  { skip },
  async () => {
    const fields = [...SAME, ...DIFFERENT.map(([field]) => field)];
    const expected = await theirs(fields.map(bodyOf));
    for (const [index, field] of SAME.entries()) assert.deepEqual(ours(bodyOf(field, index)), expected[index], field);
    for (const [offset, [field, collectors, here, why]] of DIFFERENT.entries()) {
      const index = SAME.length + offset;
      const span = ours(bodyOf(field, index));
      assert.equal(expected[index] === undefined ? 'refused' : 'read', collectors, `the collector, ${field}`);
      assert.equal(span === undefined ? 'refused' : 'read', here, `${field}: ${why}`);
      assert.notDeepEqual(span, expected[index], `${field} is no difference any more`);
    }
  },
);
