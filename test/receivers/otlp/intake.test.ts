import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_CLIENT, type WireForm } from '../../../pipeline/batch.ts';
import { Rejected } from '../../../pipeline/delivery.ts';
import { Intake } from '../../../receivers/otlp/intake.ts';
import { decode, encode } from '../../proto/reference.ts';
import { Collector, testContext } from '../../support/context.ts';

const profiles = (attributes: object[]): Uint8Array =>
  encode('profiles', {
    resourceProfiles: [{ resource: { attributes }, scopeProfiles: [{ profiles: [{ samples: [{}] }] }] }],
    dictionary: { stringTable: ['', 'service.name', 'shop', 'x'.repeat(1 << 20)] },
  });

function intake(): { readonly intake: Intake; readonly next: Collector } {
  const { context } = testContext({ kind: 'receiver', id: 'otlp' });
  const next = new Collector();
  return { intake: new Intake('profiles', next, context.metrics.receiver('profiles', 'http')), next };
}

const wire: WireForm = { encoding: 'gzip', body: new Uint8Array(3) };

void test('attributes of profiles have their texts when they go on, not as they came compressed', async () => {
  const { intake: it, next } = intake();
  await it.take(profiles([{ keyStrindex: 1, value: { stringValueStrindex: 2 } }]), NO_CLIENT, wire);
  const [batch] = next.batches;
  assert.ok(batch?.chunks[0]);
  assert.equal(batch.wire, undefined);
  assert.equal(batch.bytes, batch.chunks[0].length);
  const [group] = Object(decode('profiles', batch.chunks[0])).resourceProfiles;
  assert.deepEqual(group.resource.attributes, [
    { key: 'service.name', value: { stringValue: 'shop', value: 'stringValue' } },
  ]);
});

void test('profiles whose attributes have their texts go on as they came', async () => {
  const { intake: it, next } = intake();
  const body = profiles([{ key: 'service.name', value: { stringValue: 'shop' } }]);
  await it.take(body, NO_CLIENT, wire);
  assert.equal(next.batches[0]?.chunks[0], body);
  assert.equal(next.batches[0]?.wire, wire);
});

void test('profiles whose attributes name too much text are rejected', async () => {
  const { intake: it } = intake();
  const attributes = Array.from({ length: 70 }, () => ({ key: 'k', value: { stringValueStrindex: 3 } }));
  await assert.rejects(it.take(profiles(attributes), NO_CLIENT, undefined), Rejected);
});
