import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { batchOf, type ClientContext } from '../../../pipeline/batch.ts';
import type { Span, SpanContext } from '../../../pipeline/spans.ts';
import { batchAt, headerAt, prepare, pushRecord } from '../../../pipeline/storage/record.ts';

const KEY = 7;
const BODY = Buffer.from('body');

/** What a batch with this client is read back with. */
function stored(context: ClientContext): ClientContext | undefined {
  const parts: Uint8Array[] = [];
  pushRecord(parts, prepare(batchOf('logs', BODY, 3, context)), KEY, 0);
  const bytes = Buffer.concat(parts);
  const found = headerAt(bytes, 0, KEY);
  assert.ok(found);
  const batch = batchAt(bytes, 0, found);
  assert.deepEqual([batch?.signal, batch?.items, Buffer.concat(batch?.chunks ?? [])], ['logs', 3, BODY]);
  return batch?.context;
}

const SPAN: SpanContext = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1, traceState: 'a=b' };

function ended(context: SpanContext): Span {
  return { context, set: () => undefined, event: () => undefined, end: () => undefined };
}

void test('a record keeps metadata, address and span of its client, and nothing of its authentication', () => {
  const metadata = new Map([['x-tenant', ['a', 'b']]]);
  const auth = new Map<string, unknown>([['subject', 'secret']]);
  const context = stored({ metadata, auth, address: '::1', span: ended(SPAN) });
  assert.deepEqual([context?.metadata, context?.address, context?.span?.context], [metadata, '::1', SPAN]);
  assert.equal(context?.auth, undefined);
  const links = [SPAN, { ...SPAN, spanId: 'ef'.repeat(8) }];
  assert.deepEqual(stored({ metadata: new Map(), links }), { metadata: new Map(), links });
  assert.deepEqual(stored({ metadata: new Map() }), { metadata: new Map() });
});

void test('any metadata and address come back as they were', () => {
  const anyClient = fc.record({
    metadata: fc.dictionary(fc.string(), fc.array(fc.string())).map((entries) => new Map(Object.entries(entries))),
    address: fc.string({ minLength: 1 }),
  });
  fc.assert(
    fc.property(anyClient, (client) => assert.deepEqual(stored(client), { ...client })),
    { seed: 1 },
  );
});

void test('a record of before, with metadata alone, is read', () => {
  const old = Buffer.from('{"x-tenant":["a"]}');
  const parts: Uint8Array[] = [];
  const made = prepare(batchOf('logs', BODY, 3));
  pushRecord(
    parts,
    { ...made, metadata: old, crc: prepare(batchOf('logs', Buffer.concat([old, BODY]), 3)).crc },
    KEY,
    0,
  );
  const bytes = Buffer.concat(parts);
  const found = headerAt(bytes, 0, KEY);
  assert.ok(found);
  assert.deepEqual(batchAt(bytes, 0, found)?.context, { metadata: new Map([['x-tenant', ['a']]]) });
});
