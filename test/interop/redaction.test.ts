// The same YAML and the same input through otelcol's redaction processor and through ours. Needs a collector that has it, its
// path in OTELCOL.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test, type TestContext } from 'node:test';
import type { Batch } from '../../pipeline/batch.ts';
import redaction from '../../processors/redaction/index.ts';
import { batchOfJson, decoded, normalised, running } from '../support/processor.ts';
import {
  RANDOM_REDACTION_CASES,
  REDACTION_CASES,
  REDACTION_REQUESTS,
  STATEMENT_CASES,
  STATEMENT_REQUESTS,
  type RedactionCase,
} from './redaction-cases.ts';
import { throughCollector } from './through-collector.ts';

const otelcol = process.env['OTELCOL'];
const skip = reasonToSkip();

function reasonToSkip(): string | false {
  if (otelcol === undefined) return 'OTELCOL does not name a collector to compare with';
  const components = execFileSync(otelcol, ['components'], { encoding: 'utf8' });
  return components.includes('name: redaction') ? false : 'the collector that OTELCOL names has no redaction processor';
}

type Requests = Readonly<Partial<Record<RedactionCase['signal'], readonly object[]>>>;

async function ours({ signal, settings }: RedactionCase, requests: Requests): Promise<unknown[]> {
  const { processor, next } = running(redaction, settings, signal);
  for (const request of requests[signal] ?? []) await processor.consume(batchOfJson(signal, request));
  return next.batches.map((batch) => comparable(batch));
}

/** A decoded request in which the order of a map's entries means nothing, attributes and values alike. */
function comparable(batch: Batch): unknown {
  return sorted(normalised(decoded(batch)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const list = value.map(sorted);
    return list.every(hasKey) ? list.toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))) : list;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sorted(inner)]));
}

function hasKey(value: unknown): value is { readonly key: string } {
  return typeof value === 'object' && value !== null && 'key' in value && typeof value.key === 'string';
}

/** Compares case by case, so that one difference does not hide the others. */
async function compare(context: TestContext, cases: readonly RedactionCase[], requests: Requests): Promise<void> {
  const theirs = await throughCollector(otelcol ?? '', cases, requests);
  for (const [index, one] of cases.entries()) {
    const expected = (theirs[index] ?? []).map((request) => comparable(batchOfJson(one.signal, request)));
    await context.test(`${one.signal}: ${one.settings}`, async () =>
      assert.deepEqual(await ours(one, requests), expected),
    );
  }
}

void test('redaction', { skip }, (context) => compare(context, REDACTION_CASES, REDACTION_REQUESTS));

void test('redaction, settings and data at random', { skip }, (context) =>
  compare(context, RANDOM_REDACTION_CASES, REDACTION_REQUESTS),
);

void test('redaction, 2,000 bodies and names of spans made of pieces of statements and URLs', { skip }, (context) =>
  compare(context, STATEMENT_CASES, STATEMENT_REQUESTS),
);
