// Series that are not remembered say the same as those that are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config } from '../../../exporters/prometheus_remote_write/config.ts';
import { Intake } from '../../../exporters/prometheus_remote_write/intake.ts';
import { Requests } from '../../../exporters/prometheus_remote_write/requests.ts';
import { batchOf, withChunks } from '../../../pipeline/batch.ts';
import { countItems } from '../../../proto/otlp/count.ts';
import { V1_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import { encode } from '../../proto/reference.ts';
import { arbitraryRequests } from './arbitrary.ts';
import { REQUESTS } from './cases.ts';
import { comparableSeries, decodeRequest } from './messages.ts';

const CASES: Readonly<Record<string, object>> = {
  'by default': {},
  'with labels for all': { external_labels: { region: 'north', a: 'external', job: 'all' } },
  'with labels of the resource': { resource_constant_labels: { included: ['service.version'] } },
  'without suffixes': { translation_strategy: 'UnderscoreEscapingWithoutSuffixes', namespace: 'own' },
};

function said(intake: Intake, ...chunks: Uint8Array[]): { readonly series: string[]; readonly dropped: object } {
  const batch = withChunks(
    batchOf('metrics', chunks[0] ?? new Uint8Array(0), 0),
    chunks,
    chunks.reduce((sum, bytes) => sum + countItems('metrics', bytes), 0),
  );
  const dropped = Object.fromEntries(intake.take(batch, V1_MESSAGE, 0));
  const writer = new Requests({ message: V1_MESSAGE, maxBytes: 3_000_000, sendsMetadata: true });
  const requests = writer.write(intake).map(({ message }) => decodeRequest(V1_MESSAGE, message));
  return { series: comparableSeries(requests), dropped };
}

const bodies = [...REQUESTS.map((request) => encode('metrics', request)), ...arbitraryRequests(7, 300)];

for (const [name, settings] of Object.entries(CASES)) {
  void test(`series ${name}`, () => {
    const parsed = config.parse({ endpoint: 'http://a/write', ...settings });
    const [remembering, direct] = [new Intake(parsed), new Intake(parsed, true)];
    for (const body of bodies) assert.deepEqual(said(direct, body), said(remembering, body));
    assert.equal(direct.remembers, false);
  });
}

void test('a series of several chunks stays one', () => {
  const parsed = config.parse({ endpoint: 'http://a/write' });
  const [remembering, direct] = [new Intake(parsed), new Intake(parsed, true)];
  for (const body of bodies) assert.deepEqual(said(direct, body, body), said(remembering, body, body));
});

function manySeries(first: number, count: number): Uint8Array {
  const dataPoints = Array.from({ length: count }, (_, index) => ({
    attributes: [{ key: 'series', value: { stringValue: String(first + index) } }],
    timeUnixNano: '5000000000',
    asDouble: index,
  }));
  const metrics = [{ name: 'many', gauge: { dataPoints } }];
  return encode('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
}

void test('series are remembered while that is of use', () => {
  const intake = new Intake(config.parse({ endpoint: 'http://a/write' }));
  const some = manySeries(0, 10_000);
  for (let round = 0; round < 3; round++) said(intake, some);
  assert.equal(intake.remembers, true);
  for (let first = 0; first < 120_000; first += 10_000)
    assert.ok(said(intake, manySeries(first, 10_000)).series.length >= 10_000);
  assert.equal(intake.remembers, false, 'more than can be remembered, each for the first time');
});
