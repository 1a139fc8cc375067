// Groups, counts and limits; test/interop compares what comes out with the collector's.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { batchOf } from '../../../pipeline/batch.ts';
import { Rejected } from '../../../pipeline/delivery.ts';
import { config } from '../../../processors/groupbyattrs/config.ts';
import groupByAttrs from '../../../processors/groupbyattrs/index.ts';
import { attributes, batchOfJson, decoded, running } from '../../support/processor.ts';

const resource = (entries: Readonly<Record<string, unknown>>): object => ({ attributes: attributes(entries) });
const span = (name: string, entries: Readonly<Record<string, unknown>>): object => ({
  name,
  attributes: attributes(entries),
});

function request(...resources: readonly (readonly [Readonly<Record<string, unknown>>, readonly object[]])[]): object {
  return {
    resourceSpans: resources.map(([entries, spans]) => ({ resource: resource(entries), scopeSpans: [{ spans }] })),
  };
}

/** Per resource its attributes and the names of its spans. */
function shown(batch: Parameters<typeof decoded>[0]): string[] {
  // Safe: the request above, decoded.
  const { resourceSpans } = decoded(batch) as {
    resourceSpans: {
      resource: { attributes?: { key: string; value: { stringValue: string } }[] };
      scopeSpans: { spans: { name: string }[] }[];
    }[];
  };
  return resourceSpans.map(({ resource: one, scopeSpans }) => {
    const entries = (one.attributes ?? []).map(({ key, value }) => `${key}=${value.stringValue}`);
    return `${entries.join(',')}: ${scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)).join(' ')}`;
  });
}

void test('attributes move to resources, and what is alike comes together', async () => {
  const run = running(groupByAttrs, '{keys: [host, zone]}', 'traces');
  await run.processor.consume(
    batchOfJson(
      'traces',
      request(
        [
          { app: 'x', host: 'old' },
          [span('a', { host: 'h1' }), span('b', { n: 'no' }), span('c', { zone: 'z', host: 'h1' })],
        ],
        [{ host: 'h1', app: 'x' }, [span('d', {}), span('e', { host: 'h2' })]],
      ),
    ),
  );
  assert.deepEqual(shown(run.next.batches[0]), [
    'app=x,host=h1: a d',
    'app=x,host=old: b',
    'app=x,host=h1,zone=z: c',
    'host=h2,app=x: e',
  ]);
  assert.equal(run.next.items, 5);
  assert.equal(run.metric('otelcol_processor_groupbyattrs_num_grouped_spans'), 3);
  assert.equal(run.metric('otelcol_processor_groupbyattrs_num_non_grouped_spans'), 2);
});

void test('without keys what has the same resource comes together, from all chunks of a batch', async () => {
  const run = running(groupByAttrs, '{}', 'traces');
  const one = batchOfJson('traces', request([{ app: 'x' }, [span('a', {})]]));
  const chunks = [...one.chunks, ...batchOfJson('traces', request([{ app: 'x' }, [span('b', {})]])).chunks];
  await run.processor.consume({ ...one, chunks, items: 2 });
  assert.deepEqual(shown(run.next.batches[0]), ['app=x: a b']);
});

void test('a batch without items goes nowhere, a malformed one is rejected', async () => {
  const { processor, next } = running(groupByAttrs, '{}', 'traces');
  await processor.consume(batchOfJson('traces', request([{ app: 'x' }, []])));
  assert.deepEqual(next.batches, []);
  await assert.rejects(processor.consume(batchOf('traces', new Uint8Array([10, 9]), 1)), Rejected);
});

void test('a large resource is not repeated for every item without end', async () => {
  const { processor, next } = running(groupByAttrs, '{keys: [id]}', 'traces');
  const spans = Array.from({ length: 200 }, (_, index) => span('s', { id: `${index}` }));
  const batch = batchOfJson('traces', request([{ big: 'x'.repeat(500_000) }, spans]));
  await assert.rejects(processor.consume(batch), (error) => error instanceof Rejected && /64 MiB/.test(error.message));
  assert.deepEqual(next.batches, []);
});

const golden = new URL(
  '../../../../shared/data/golden-contrib/processor/groupbyattrsprocessor/testdata/config.yaml',
  import.meta.url,
);
const skip = existsSync(golden) ? false : 'the folder shared/data/golden-contrib is not beside this repository';

void test("the collector's own configurations", { skip }, () => {
  // Safe: the file is a map of components.
  const all = parse(readFileSync(golden, 'utf8')) as Readonly<Record<string, unknown>>;
  assert.ok(Object.keys(all).length > 0);
  for (const [id, settings] of Object.entries(all)) assert.ok(config.safeParse(settings ?? {}).success, id);
});
