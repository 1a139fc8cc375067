import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { parse } from 'yaml';
import { NO_CLIENT, batchOf } from '../../../pipeline/batch.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import type { Signal } from '../../../pipeline/signal.ts';
import resource from '../../../processors/resource/index.ts';
import { SOON } from '../../support/context.ts';
import { allAttributes, attributes, batchOfJson, running } from '../../support/processor.ts';

function spans(of: Readonly<Record<string, unknown>>): object {
  return { resourceSpans: [{ resource: { attributes: attributes(of) }, scopeSpans: [{ spans: [{ name: 'a' }] }] }] };
}

/** The resource's attributes after these actions. */
async function after(actions: string, before: Readonly<Record<string, unknown>>, client = NO_CLIENT): Promise<unknown> {
  const { processor, next } = running(resource, `attributes:\n${actions}`);
  await processor.consume(batchOfJson('traces', spans(before), client));
  return allAttributes(next.batches[0])[0] ?? {};
}

const sha256 = (data: string | Uint8Array): string => hash('sha256', data, 'hex');

void test('insert, update and upsert, with values of any type', async () => {
  const result = await after(
    `
  - {key: a, value: new, action: insert}
  - {key: b, value: 7, action: insert}
  - {key: c, value: new, action: update}
  - {key: a, value: 1.5, action: update}
  - {key: d, value: true, action: UPSERT}
  - {key: a, value: 42, action: upsert}
  - {key: e, value: {x: [1, y]}, action: upsert}
`,
    { a: 'old' },
  );
  assert.deepEqual(result, {
    a: 42n,
    b: 7n,
    d: true,
    e: JSON.stringify({
      values: [
        {
          key: 'x',
          value: {
            arrayValue: {
              values: [
                { intValue: '1', value: 'intValue' },
                { stringValue: 'y', value: 'stringValue' },
              ],
            },
            value: 'arrayValue',
          },
        },
      ],
    }),
  });
});

void test('values come from attributes, the request, or the default', async () => {
  const client = {
    metadata: new Map([['x-tenant', ['one', 'two']]]),
    address: '192.0.2.1',
    auth: new Map<string, unknown>([
      ['subject', 'me'],
      ['groups', ['x', 'y']],
      ['number', 3],
    ]),
  };
  const result = await after(
    `
  - {key: copy, from_attribute: a, action: insert}
  - {key: none, from_attribute: missing, action: insert}
  - {key: tenant, from_context: metadata.X-Tenant, action: insert}
  - {key: bare, from_context: x-tenant, action: insert}
  - {key: address, from_context: client.address, action: insert}
  - {key: subject, from_context: auth.subject, action: insert}
  - {key: groups, from_context: auth.groups, action: insert}
  - {key: number, from_context: auth.number, action: insert}
  - {key: fallback, from_context: metadata.missing, default_value: 5, action: insert}
`,
    { a: 2.5 },
    client,
  );
  assert.deepEqual(result, {
    a: 2.5,
    copy: 2.5,
    tenant: 'one;two',
    bare: 'one;two',
    address: '192.0.2.1',
    subject: 'me',
    groups: 'x;y',
    fallback: 5n,
  });
});

void test('delete and hash, by key and by pattern', async () => {
  const result = await after(
    `
  - {key: gone, pattern: "^tmp[.]", action: delete}
  - {key: text, pattern: "^n_", action: hash}
`,
    {
      gone: 1,
      'tmp.a': 1,
      'tmp.b': 2,
      [`tmp.${'long'.repeat(50)}`]: 1,
      tmpfile: 3,
      text: 'me',
      n_int: 1,
      n_double: 0.5,
      n_bool: true,
      n_list: [1],
    },
  );
  const little = new DataView(new ArrayBuffer(8));
  little.setBigInt64(0, 1n, true);
  const int = sha256(new Uint8Array(little.buffer));
  little.setFloat64(0, 0.5, true);
  assert.deepEqual(result, {
    tmpfile: 3n,
    text: sha256('me'),
    n_int: int,
    n_double: sha256(new Uint8Array(little.buffer)),
    n_bool: sha256(Uint8Array.of(1)),
    n_list: '',
  });
});

void test('extract fills named groups; convert changes types and leaves alone what it can not convert', async () => {
  const result = await after(
    `
  - {key: url, pattern: "^(?P<scheme>[a-z]+)://(?P<host>[^/:]+)(:(?:x))?", action: delete}
  - {key: path, pattern: "^/(?P<first>[^/]+)(?P<rest>/.*)?", action: extract}
  - {key: number, pattern: "(?P<first>.*)", action: extract}
  - {key: i1, converted_type: int, action: convert}
  - {key: i2, converted_type: int, action: convert}
  - {key: i3, converted_type: int, action: convert}
  - {key: d1, converted_type: double, action: convert}
  - {key: d2, converted_type: double, action: convert}
  - {key: s1, converted_type: string, action: convert}
  - {key: s2, converted_type: string, action: convert}
`,
    {
      url: 'x',
      path: '/a',
      number: 3,
      i1: '+12',
      i2: -2.7,
      i3: '1_000',
      d1: '0x1p-2',
      d2: true,
      s1: 1.5,
      s2: { b: 1, a: '<' },
    },
  );
  assert.deepEqual(result, {
    path: '/a',
    first: 'a',
    rest: '',
    number: 3n,
    i1: 12n,
    i2: -2n,
    i3: '1_000',
    d1: 0.25,
    d2: 1,
    s1: '1.5',
    s2: '{"a":"<","b":1}',
  });
});

void test('what changes nothing hands on the same batch, its compressed form included', async () => {
  const { processor, next } = running(resource, 'attributes: [{key: a, value: x, action: upsert}]');
  const batch = batchOfJson('traces', spans({ a: 'x' }));
  await processor.consume(batch);
  assert.equal(next.batches[0], batch);
});

void test('every signal has its resources edited, and only those', async () => {
  const scopes: Readonly<Record<Signal, object>> = {
    traces: { resourceSpans: [{ scopeSpans: [{ spans: [{ attributes: attributes({ k: 1 }) }] }] }] },
    metrics: {
      resourceMetrics: [
        {
          scopeMetrics: [{ metrics: [{ gauge: { dataPoints: [{ attributes: attributes({ k: 1 }), asInt: '1' }] } }] }],
        },
      ],
    },
    logs: { resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes: attributes({ k: 1 }) }] }] }] },
    profiles: { resourceProfiles: [{ scopeProfiles: [{ profiles: [{ samples: [{}] }] }] }] },
  };
  for (const signal of ['traces', 'metrics', 'logs', 'profiles'] as const) {
    const { processor, next } = running(resource, 'attributes: [{key: a, value: x, action: insert}]', signal);
    await processor.consume(batchOfJson(signal, scopes[signal]));
    assert.deepEqual(allAttributes(next.batches[0]), signal === 'profiles' ? [{ a: 'x' }] : [{ a: 'x' }, { k: 1n }]);
  }
});

void test('what the next component says comes back, and malformed bytes are rejected', async () => {
  const { processor, next } = running(resource, 'attributes: [{key: a, value: x, action: insert}]');
  const full = new Refused('full', { retryAfterMs: 70 });
  next.fail = () => full;
  await processor.start();
  await assert.rejects(processor.consume(batchOfJson('traces', spans({}))), (error) => error === full);
  await assert.rejects(
    processor.consume(batchOf('traces', Uint8Array.of(0x0a, 0x05, 0x0a), 3)),
    (error) => error instanceof Rejected && error.count === 3,
  );
  await processor.stop(SOON());
});

const BAD: readonly (readonly [string, RegExp])[] = [
  ['', /missing required field \\?"attributes/],
  ['attributes: []', /missing required field/],
  ['attributes: [{key: a, value: 1}]', /expected one of/],
  ['attributes: [{key: a, value: 1, action: set}]', /expected one of/],
  ['attributes: [{value: 1, action: insert}]', /missing required field \\"key/],
  ['attributes: [{key: a, action: insert}]', /must be specified/],
  ['attributes: [{key: a, value: 1, from_attribute: b, action: insert}]', /multiple value sources/],
  ['attributes: [{key: a, value: 1, pattern: b, action: upsert}]', /does not use the \\"pattern/],
  ['attributes: [{key: a, value: 1, converted_type: int, action: upsert}]', /converted_type/],
  ['attributes: [{action: delete}]', /at least one of/],
  ['attributes: [{key: a, value: 1, action: delete}]', /does not use \\"value/],
  ['attributes: [{pattern: "(", action: hash}]', /is not a regular expression/],
  ['attributes: [{key: a, converted_type: int, action: hash}]', /converted_type/],
  ['attributes: [{key: a, action: extract}]', /missing required field \\"pattern/],
  ['attributes: [{key: a, pattern: "a(b)", action: extract}]', /no named matcher groups/],
  ['attributes: [{key: a, pattern: "(?P<x>a)(b)", action: extract}]', /unnamed matcher group/],
  ['attributes: [{key: a, pattern: "(?P<x>a)", value: 1, action: extract}]', /value source/],
  ['attributes: [{key: a, action: convert}]', /missing required field \\"converted_type/],
  ['attributes: [{key: a, converted_type: bool, action: convert}]', /invalid value \\"bool/],
  ['attributes: [{key: a, converted_type: int, pattern: a, action: convert}]', /does not use \\"pattern/],
];

void test('configurations that the collector refuses are refused', () => {
  for (const [yaml, message] of BAD) {
    assert.throws(() => resource.config.parse(parse(yaml) ?? {}), message, yaml);
  }
});
