// The count connector beside a running collector: arbitrary requests, counted by the same configuration to the same sums.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import count from '../../connectors/count/index.ts';
import { batchOf, joinChunks } from '../../pipeline/batch.ts';
import { Rejected } from '../../pipeline/delivery.ts';
import { countItems } from '../../proto/otlp/count.ts';
import { resolveReferences } from '../../proto/otlp/profile-references.ts';
import { requests } from '../proto/arbitrary.ts';
import { decode, encode } from '../proto/reference.ts';
import { freePorts, Program } from '../support/agent.ts';
import { Collector, SOON, testContext } from '../support/context.ts';
import { httpRequest } from '../support/http-request.ts';

const otelcol = process.env['OTELCOL'];
const skip = otelcol === undefined ? 'OTELCOL is not set (bench/otelcol/build.sh builds it)' : false;

const REQUESTS = 60;
const PATHS = {
  traces: 'v1/traces',
  metrics: 'v1/metrics',
  logs: 'v1/logs',
  profiles: 'v1development/profiles',
} as const;
const SIGNALS = ['traces', 'metrics', 'logs', 'profiles'] as const;

/** Counted in every way: all, by conditions, by attributes that are often absent, with and without a value for those. */
const KIND = {
  all: {},
  with_a: { description: 'where there is an a', conditions: ['attributes["a"] != nil', 'attributes["b"] == true'] },
  by_a: { attributes: [{ key: 'a' }] },
  by_a_and_b: {
    attributes: [
      { key: 'b', default_value: 7 },
      { key: 'a', default_value: 'none' },
    ],
  },
  with_a_by_b: { conditions: ['attributes["a"] != nil'], attributes: [{ key: 'b' }] },
};
const SETTINGS = {
  spans: KIND,
  spanevents: KIND,
  metrics: { all: {}, named: { conditions: ['name != ""'] } },
  datapoints: KIND,
  logs: KIND,
  profiles: KIND,
};

type Signal = (typeof SIGNALS)[number];

/** Arbitrary profiles with attributes that are counted by; few arbitrary indices lie in an arbitrary dictionary. */
const profiles = requests.profiles.map((request) => ({
  ...withKnownIndices(request),
  dictionary: {
    stringTable: ['', 'a', 'b'],
    attributeTable: [
      {},
      { keyStrindex: 1, value: { stringValue: 'x' } },
      { keyStrindex: 2, value: { boolValue: true } },
      { keyStrindex: 1, value: { bytesValue: Buffer.alloc(0) } },
      { keyStrindex: 2, value: { kvlistValue: { values: [{ key: 'a', value: { intValue: 1 } }] } } },
    ],
  },
}));

function withKnownIndices(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([key, one]: [string, unknown]): [string, unknown] => {
      if (key === 'attributeIndices' && Array.isArray(one)) return [key, one.map((index) => Number(index) % 5)];
      if (!Array.isArray(one)) return [key, one];
      return [key, one.map((each: unknown) => (isPlain(each) ? withKnownIndices(each) : each))];
    }),
  );
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

/** A request in an order of its own, for the collector's is that of a Go map. `isNow` says which times are those of counting. */
function comparable(request: Uint8Array, isNow: (nano: string) => boolean): unknown {
  const sorted = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    if (Array.isArray(value))
      return value.map(sorted).toSorted((a, b) => compare(JSON.stringify(a), JSON.stringify(b)));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value)
      .filter(([key, one]) => !isNothing(key, one, value))
      .map(([key, one]): [string, unknown] => [
        key,
        key.endsWith('imeUnixNano') && isNow(String(one)) ? 'now' : sorted(one),
      ]);
    return Object.fromEntries(entries.toSorted(([a], [b]) => compare(a, b)));
  };
  return sorted(decode('metrics', request));
}

/** Names of oneofs, empty texts, and values that are absent or empty, which mean the same. */
function isNothing(key: string, one: unknown, holder: object): boolean {
  if (typeof one === 'string') return one === '' || (one in holder && key !== one);
  return key === 'value' && typeof one === 'object' && one !== null && Object.keys(one).length === 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function ours(signal: Signal, request: Uint8Array): Promise<unknown> {
  const body = signal === 'profiles' ? resolveReferences(request) : request;
  const { context, clock } = testContext({ kind: 'connector', id: 'count' });
  const metrics = new Collector();
  const connector = count.create(count.config.parse(SETTINGS), context, { metrics }, new Map());
  await connector.start();
  try {
    await connector.consume(batchOf(signal, body, countItems(signal, body)));
  } catch (error) {
    assert.ok(error instanceof Rejected);
    return 'rejected';
  } finally {
    await connector.stop(SOON());
  }
  const [batch] = metrics.batches;
  const now = String(BigInt(clock.now) * 1_000_000n);
  return batch ? comparable(joinChunks(batch), (nano) => nano === now) : undefined;
}

void test('counts are those of a running collector', { skip }, async (context) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'count-interop-'));
  const [port = 0] = await freePorts(1);
  const inputs = { receivers: ['otlp'], exporters: ['count'] };
  const file = path.join(folder, 'out');
  const collector = new Program({
    command: otelcol ?? '',
    args: ['--feature-gates=service.profilesSupport'],
    config: {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      connectors: { count: SETTINGS },
      exporters: { file: { path: file, format: 'proto' } },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: {
          traces: inputs,
          'metrics/in': inputs,
          logs: inputs,
          profiles: inputs,
          metrics: { receivers: ['count'], exporters: ['file'] },
        },
      },
    },
  });
  const started = BigInt(Date.now() - 1_000) * 1_000_000n;
  const isRead: boolean[] = [];
  const samples = SIGNALS.flatMap((signal) =>
    fc
      .sample(signal === 'profiles' ? profiles : requests[signal], { seed: 51, numRuns: REQUESTS })
      .map((request): readonly [Signal, Uint8Array] => [signal, encode(signal, request)])
      .filter(([, body]) => countItems(signal, body) > 0),
  );
  try {
    await collector.said(/Everything is ready/);
    for (const [signal, body] of samples) {
      const headers = { 'content-type': 'application/x-protobuf' };
      isRead.push((await httpRequest(`http://127.0.0.1:${port}/${PATHS[signal]}`, { headers, body })).status === 200);
    }
  } finally {
    await collector.stop();
  }
  const ended = BigInt(Date.now() + 1_000) * 1_000_000n;
  const isNow = (nano: string): boolean => BigInt(nano) > started && BigInt(nano) < ended;
  const written = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const theirs: unknown[] = [];
  for (let at = 0; at < written.length; at += 4 + written.readUInt32BE(at)) {
    theirs.push(comparable(written.subarray(at + 4, at + 4 + written.readUInt32BE(at)), isNow));
  }
  rmSync(folder, { recursive: true });
  context.diagnostic(`${samples.length} requests, ${isRead.filter(Boolean).length} counted`);
  for (const [index, [signal, body]] of samples.entries()) {
    const expected = isRead[index] === true ? theirs.shift() : 'rejected';
    const isEmpty = JSON.stringify(expected) === '{}';
    assert.deepEqual(await ours(signal, body), isEmpty ? undefined : expected, `${signal} ${index}`);
  }
  assert.equal(theirs.length, 0);
});
