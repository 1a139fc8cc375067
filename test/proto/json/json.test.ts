import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { SIGNALS, type Signal } from '../../../pipeline/signal.ts';
import { decodePartialSuccess, encodePartialSuccess } from '../../../proto/export-response.ts';
import { JsonError, jsonToProto } from '../../../proto/json/decode.ts';
import { protoToJson } from '../../../proto/json/encode.ts';
import {
  partialSuccessFromJson,
  partialSuccessToJson,
  statusFromJson,
  statusToJson,
} from '../../../proto/json/status.ts';
import { decodeStatus, encodeStatus, RETRY_INFO_TYPE } from '../../../proto/status.ts';
import { ProtoWriter } from '../../../proto/wire-writer.ts';
import { requests } from '../arbitrary.ts';
import { decode, decodeWithDefaults, encode } from '../reference.ts';

function fromJson(signal: Signal, value: unknown): Record<string, unknown> {
  return decode(signal, jsonToProto(signal, Buffer.from(JSON.stringify(value))));
}

for (const signal of SIGNALS) {
  void test(`${signal} survive the way to JSON and back: the reference decodes both to the same`, () => {
    fc.assert(
      fc.property(requests[signal], (request) => {
        const bytes = encode(signal, request);
        const json = protoToJson(signal, bytes);
        const again = jsonToProto(signal, Buffer.from(json));
        assert.deepEqual(decodeWithDefaults(signal, again), decodeWithDefaults(signal, bytes));
        assert.equal(protoToJson(signal, again), json);
      }),
      { seed: 21, numRuns: 150 },
    );
  });
}

const EXAMPLES: readonly (readonly [string, Signal])[] = [
  ['trace', 'traces'],
  ['metrics', 'metrics'],
  ['logs', 'logs'],
  ['events', 'logs'],
];

for (const [name, signal] of EXAMPLES) {
  void test(`the specification's example ${name}.json is read, and written as it came`, () => {
    const text = readFileSync(new URL(`../../data/otlp-examples/${name}.json`, import.meta.url), 'utf8');
    const written: unknown = JSON.parse(protoToJson(signal, jsonToProto(signal, Buffer.from(text))));
    // Ids are written in lower case, and numbers that are 64 bits wide as strings.
    const expected: unknown = JSON.parse(
      text.replaceAll(
        /"((?:trace|span|parentSpan)Id)": "([0-9A-F]+)"/g,
        (_all, key: string, id: string) => `"${key}": "${id.toLowerCase()}"`,
      ),
    );
    assert.deepEqual(strings(written), strings(expected));
  });
}

/** Numbers as strings and defaults left out, so that both spellings of a 64-bit number are the same. */
function strings(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strings);
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== 0 && one !== '' && one !== '0')
      .map(([key, one]) => [key, strings(one)]),
  );
}

const SPAN = (span: object): object => ({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
const PLACE = 'resourceSpans[0].scopeSpans[0].spans[0]';

void test('ids are hex in any case, numbers come either way, unknown fields and null are passed over', () => {
  const read = fromJson('traces', {
    ...SPAN({
      traceId: '5B8EFFF798038103d269b633813fc60c',
      spanId: '',
      startTimeUnixNano: '1544712660000000000',
      endTimeUnixNano: 1544712661,
      kind: 2,
      name: null,
      not_a_field: { deep: [1] },
      attributes: [
        { key: 'n', value: { doubleValue: 'NaN' } },
        { key: 'b', value: { bytesValue: 'AQI=' } },
      ],
    }),
    other: true,
  });
  const text = JSON.stringify(read);
  assert.match(text, /"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661"/);
  assert.match(text, /"doubleValue":null/, 'JSON.stringify writes NaN so');
});

/** The JSON of the span, as it was written and as it comes back. */
function spanAgain(text: string): string {
  const json = protoToJson(
    'traces',
    jsonToProto('traces', Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${text}]}]}]}`)),
  );
  return json.slice('{"resourceSpans":[{"scopeSpans":[{"spans":['.length, -']}]}]}'.length);
}

const VALUE = (value: string): string => `{"attributes":[{"key":"k","value":${value}}]}`;

// Written, and what comes back; the same unless there is a second text.
const NUMBERS: readonly (readonly [string, string?])[] = [
  ['{"startTimeUnixNano":1544712660300000123}', '{"startTimeUnixNano":"1544712660300000123"}'],
  ['{"startTimeUnixNano":18446744073709551615}', '{"startTimeUnixNano":"18446744073709551615"}'],
  ['{"startTimeUnixNano":1.5e18}', '{"startTimeUnixNano":"1500000000000000000"}'],
  ['{"startTimeUnixNano":5,"endTimeUnixNano":"6"}', '{"startTimeUnixNano":"5","endTimeUnixNano":"6"}'],
  [VALUE('{"intValue":9223372036854775807}'), VALUE('{"intValue":"9223372036854775807"}')],
  [VALUE('{"intValue":-9223372036854775808}'), VALUE('{"intValue":"-9223372036854775808"}')],
  [VALUE('{"intValue":-9007199254740993}'), VALUE('{"intValue":"-9007199254740993"}')],
  [VALUE('{"doubleValue":-0}')],
  [VALUE('{"doubleValue":-0.0}'), VALUE('{"doubleValue":-0}')],
  [VALUE('{"doubleValue":5e-324}')],
  [VALUE('{"doubleValue":12345678901234567890}'), VALUE('{"doubleValue":12345678901234567000}')],
  [VALUE('{"doubleValue":"NaN"}')],
  [VALUE('{"doubleValue":"Infinity"}')],
  [VALUE('{"doubleValue":"-Infinity"}')],
  [VALUE('{"doubleValue":"-1.5e3"}'), VALUE('{"doubleValue":-1500}')],
  [VALUE('{"bytesValue":"_-8"}'), VALUE('{"bytesValue":"/+8="}')],
];

void test('numbers keep every digit, whichever way they are written', () => {
  for (const [written, expected = written] of NUMBERS) assert.equal(spanAgain(written), expected);
  // One number that needs a second reading does not change what stands beside it.
  const both = '{"startTimeUnixNano":1544712660300000123,"attributes":[{"key":"k","value":{"doubleValue":1e300}}]}';
  assert.match(spanAgain(both), /"1544712660300000123".*"doubleValue":1e\+300/);
});

// What is refused, and how the message says where and what was expected.
const REFUSED: readonly (readonly [unknown, RegExp])[] = [
  [SPAN({ traceId: 'xyz' }), new RegExp(`^${RegExp.escape(PLACE)}\\.traceId: expected an id in hex`)],
  [SPAN({ kind: 'SPAN_KIND_SERVER' }), /kind: expected an integer \(names of enum values are not allowed\)/],
  [SPAN({ startTimeUnixNano: '-1' }), /startTimeUnixNano: expected an integer between 0 and 18446744073709551615/],
  [SPAN({ startTimeUnixNano: 1.5 }), /startTimeUnixNano/],
  [SPAN({ startTimeUnixNano: ' 5' }), /startTimeUnixNano/],
  [SPAN({ startTimeUnixNano: [1] }), /startTimeUnixNano: expected .*, got an array/],
  [SPAN({ flags: -1 }), /flags: expected an integer between 0 and 4294967295, got -1/],
  [SPAN({ attributes: [{ value: { doubleValue: '0x10' } }] }), /doubleValue: expected a number/],
  [SPAN({ attributes: [{ value: { doubleValue: ' 1' } }] }), /doubleValue: expected a number/],
  [SPAN({ attributes: [{ value: { doubleValue: '1e400' } }] }), /doubleValue: expected a number/],
  [SPAN({ attributes: [{ value: { bytesValue: 'A' } }] }), /bytesValue: expected bytes in base64/],
  [SPAN({ name: 7 }), /name: expected a string, got 7/],
  [SPAN({ attributes: { key: 'x' } }), /attributes: expected an array/],
  [SPAN({ attributes: [1] }), /attributes\[0\]: expected an object, got 1/],
  [{ resourceSpans: [null] }, /resourceSpans\[0\]: expected an object, got null/],
  [[], /the body: expected an object/],
  ['text', /the body: expected an object/],
];

void test('what the specification does not allow is refused with its place', () => {
  for (const [value, expected] of REFUSED) {
    assert.throws(
      () => fromJson('traces', value),
      (error) => error instanceof JsonError && expected.test(error.message),
      JSON.stringify(value),
    );
  }
  for (const text of ['{"resourceSpans":', '{} {}', '{}x', 'undefined', '']) {
    assert.throws(() => jsonToProto('traces', Buffer.from(text)), /the body is not JSON/, text);
  }
  const tooLarge = Buffer.from(JSON.stringify(SPAN({ startTimeUnixNano: 7 })).replace('7', '18446744073709551616'));
  assert.throws(() => jsonToProto('traces', tooLarge), /startTimeUnixNano: expected .*, got 18446744073709551616/);
  assert.throws(() => jsonToProto('traces', Buffer.from([0xff, 0xfe])), JsonError);
  const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  assert.deepEqual(decode('traces', jsonToProto('traces', Buffer.from(`{"unknown":${nested}}`))), {});
  assert.throws(() => jsonToProto('traces', Buffer.from(`{"resourceSpans":${nested}}`)), /got an array/);
  const alsoRounded = `{"unknown":${nested},${JSON.stringify(SPAN({ flags: 1, endTimeUnixNano: 7 })).slice(1)}`;
  assert.throws(
    () => jsonToProto('traces', Buffer.from(alsoRounded.replace(':7', ':1544712660300000123'))),
    (error) => error instanceof JsonError && /nested too deep/.test(error.message),
  );
  let deep: object = { stringValue: 'x' };
  for (let level = 0; level < 200; level += 1) deep = { arrayValue: { values: [deep] } };
  assert.throws(() => fromJson('traces', SPAN({ attributes: [{ key: 'k', value: deep }] })), /nested more than/);
});

void test('a Status carries its delay and its violations as protobuf and JSON', () => {
  const status = { code: 14, message: 'busy', retryDelayMs: 1_500 };
  assert.deepEqual(decodeStatus(encodeStatus(status)), status);
  assert.deepEqual(statusFromJson(Buffer.from(statusToJson(status))), status);
  const bad = encodeStatus({ code: 3, message: 'no', fieldViolations: [{ field: 'body', description: 'why' }] });
  assert.deepEqual(decodeStatus(bad), { code: 3, message: 'no' });
  assert.equal(decodeStatus(Buffer.from([0xff])), undefined);
  assert.equal(statusFromJson(Buffer.from('nonsense')), undefined);
});

/** A Status whose RetryInfo asks for this delay. */
function asksFor(seconds: bigint, nanos: number): Uint8Array {
  const status = new ProtoWriter();
  const any = status.begin(3);
  status.stringField(1, RETRY_INFO_TYPE);
  const info = status.begin(2);
  const delay = status.begin(1);
  status.int64Field(1, seconds);
  status.int32Field(2, nanos);
  status.end(delay);
  status.end(info);
  status.end(any);
  return status.finish();
}

void test('a delay is what a peer says it is, never less than nothing', () => {
  const inProto = (seconds: bigint, nanos: number): unknown => decodeStatus(asksFor(seconds, nanos))?.retryDelayMs;
  assert.equal(inProto(3n, 5_000_000), 3_005);
  assert.equal(inProto(0n, 0), 0);
  assert.equal(inProto(-5n, -1), 0);
  assert.equal(inProto(315_576_000_000n, 0), 315_576_000_000_000);
  const inJson = (retryDelay: unknown): unknown =>
    statusFromJson(Buffer.from(JSON.stringify({ code: 14, details: [{ '@type': RETRY_INFO_TYPE, retryDelay }] })))
      ?.retryDelayMs;
  assert.equal(inJson('3.005s'), 3_005);
  assert.equal(inJson('-5s'), 0);
  for (const nonsense of ['5', 's', 'Infinitys', '1e9s', '0x10s', ' 1s', 5, null]) {
    assert.equal(inJson(nonsense), undefined, String(nonsense));
  }
});

void test('partial success is read in both forms, and nonsense is none', () => {
  assert.deepEqual(decodePartialSuccess(encodePartialSuccess(7, 'some')), { rejected: 7, message: 'some' });
  assert.deepEqual(partialSuccessFromJson(Buffer.from(partialSuccessToJson('metrics', 7, 'some'))), {
    rejected: 7,
    message: 'some',
  });
  assert.deepEqual(decodePartialSuccess(encodePartialSuccess(0, 'a warning')), { rejected: 0, message: 'a warning' });
  for (const bytes of [new Uint8Array(0), Buffer.from([0xff]), Buffer.from([10, 0])])
    assert.equal(decodePartialSuccess(bytes), undefined);
  assert.equal(partialSuccessFromJson(Buffer.from('{}')), undefined);
});
