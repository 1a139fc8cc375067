// The same YAML and the same input through otelcol's resource, attributes, filter and probabilistic_sampler and through ours.
// Needs a collector that has them, its path in OTELCOL.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { withChunks, type Batch, type ClientContext } from '../../pipeline/batch.ts';
import type { ProcessorDeclaration } from '../../pipeline/component.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { resolveReferences } from '../../proto/otlp/profile-references.ts';
import { registry } from '../../cmd/registry.ts';
import { batchOfJson, decoded, normalised, running } from '../support/processor.ts';
import { EDIT_CASES, EDIT_REQUESTS, PROFILE_CASES, PROFILE_REQUESTS } from './edit-cases.ts';
import { FILTER_CASES, FILTER_REQUESTS } from './filter-cases.ts';
import {
  RANDOM_EDIT_CASES,
  RANDOM_EDIT_REQUESTS,
  RANDOM_SAMPLER_CASES,
  RANDOM_SAMPLER_REQUESTS,
} from './random-cases.ts';
import { SAMPLER_CASES, SAMPLER_REQUESTS } from './sampler-cases.ts';
import { throughCollector, type ProcessorCase } from './through-collector.ts';

const otelcol = process.env['OTELCOL'];
const skip = otelcol === undefined ? 'OTELCOL does not name a collector to compare with' : false;

type Requests = Readonly<Partial<Record<Signal, readonly object[]>>>;

/** What comes out of ours, decoded. */
async function ours({ signal, type, settings }: ProcessorCase, requests: Requests): Promise<unknown[]> {
  // Safe: the registry gives processors for this kind.
  const declaration = (await registry.find('processor', type)) as ProcessorDeclaration;
  const { processor, next } = running(declaration, settings, signal);
  const client = { metadata: new Map([['x-tenant', ['one']]]), address: '127.0.0.1' };
  for (const request of requests[signal] ?? []) await processor.consume(received(signal, request, client));
  return next.batches.map(comparable);
}

/** A batch as the receiver makes it. */
function received(signal: Signal, request: object, client?: ClientContext): Batch {
  const batch = batchOfJson(signal, request, client);
  return signal === 'profiles' ? withChunks(batch, batch.chunks.map(resolveReferences), batch.items) : batch;
}

/** Profiles without their dictionary: the collector puts the texts of attributes into its string table. */
function comparable(batch: Batch): unknown {
  const { dictionary: _, ...rest } = decoded(batch);
  return normalised(rest);
}

/** Compares case by case, so that one difference does not hide the others. */
async function compare(context: TestContext, cases: readonly ProcessorCase[], requests: Requests): Promise<void> {
  const theirs = await throughCollector(otelcol ?? '', cases, requests);
  for (const [index, one] of cases.entries()) {
    const expected = (theirs[index] ?? []).map((request) => comparable(received(one.signal, request)));
    const name = `${one.signal}: ${one.type} ${one.settings}`;
    await context.test(name, async () => assert.deepEqual(await ours(one, requests), expected));
  }
}

void test('resource and attributes', { skip }, (context) => compare(context, EDIT_CASES, EDIT_REQUESTS));

void test('resource of profiles', { skip }, (context) => compare(context, PROFILE_CASES, PROFILE_REQUESTS));

void test('probabilistic_sampler', { skip }, (context) => compare(context, SAMPLER_CASES, SAMPLER_REQUESTS));

void test('filter', { skip }, (context) => compare(context, FILTER_CASES, FILTER_REQUESTS));

void test('resource and attributes, settings and data at random', { skip }, (context) =>
  compare(context, RANDOM_EDIT_CASES, RANDOM_EDIT_REQUESTS),
);

void test('probabilistic_sampler, settings and data at random', { skip }, (context) =>
  compare(context, RANDOM_SAMPLER_CASES, RANDOM_SAMPLER_REQUESTS),
);
