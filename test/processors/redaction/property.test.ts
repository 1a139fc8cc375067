// Whatever comes in: what goes out is a valid message, holds nothing of what had to go, and is the same bytes where nothing
// had to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { batchOf, joinChunks } from '../../../pipeline/batch.ts';
import { Rejected } from '../../../pipeline/delivery.ts';
import redaction from '../../../processors/redaction/index.ts';
import { validate } from '../../../proto/otlp/validate.ts';
import { requests } from '../../proto/arbitrary.ts';
import { decode, encode } from '../../proto/reference.ts';
import { running } from '../../support/processor.ts';

const SIGNALS = ['traces', 'logs', 'metrics'] as const;
const KEY = 'k'.repeat(32);
const SETTINGS = [
  '{summary: debug}',
  '{allowed_keys: [a, service.name], summary: debug}',
  '{allow_all_keys: true, blocked_key_patterns: ["^a$", "^$"], redact_all_types: true, summary: info}',
  // A pattern after one whose matches became longer finds more; with digests the text would grow by the thousand.
  '{allow_all_keys: true, blocked_values: ["[a-m]", "", "\\\\pL+"], redact_all_types: true, summary: debug}',
  `{allow_all_keys: true, blocked_values: ["\\\\pL+"], redact_all_types: true, summary: debug, hash_function: hmac-sha256, hmac_key: ${KEY}}`,
  '{allow_all_keys: true, detect: [credit_card, email, ip_address, token], token_min_length: 8, token_min_entropy: 1, blocked_values: ["."]}',
  '{allow_all_keys: true, url_sanitizer: {enabled: true, attributes: [a, b]}, db_sanitizer: {sql: {enabled: true, attributes: [a]}, redis: {enabled: true}, mongo: {enabled: true}}, summary: debug}',
];

for (const signal of SIGNALS) {
  void test(`${signal}: the output is valid, and as many items`, async () => {
    for (const settings of SETTINGS) {
      const { processor, next } = running(redaction, settings, signal);
      await fc.assert(
        fc.asyncProperty(requests[signal], async (request) => {
          const bytes = encode(signal, request);
          const { items } = batchOf(signal, bytes, validate(signal, bytes));
          next.batches.length = 0;
          await processor.consume(batchOf(signal, bytes, items));
          const [batch] = next.batches;
          assert.ok(batch);
          assert.equal(batch.items, items);
          assert.equal(validate(signal, joinChunks(batch)), items);
          decode(signal, joinChunks(batch));
        }),
        { seed: 8, numRuns: 60 },
      );
    }
  });

  void test(`${signal}: where nothing matches, the very same batch goes on`, async () => {
    const settings = `{allow_all_keys: true, blocked_key_patterns: [nowhere], blocked_values: [nowhere, "4[0-9]{12}", "@@"],
      allowed_values: [neither], detect: [credit_card], redact_all_types: true, summary: debug}`;
    const { processor, next } = running(redaction, settings, signal);
    await fc.assert(
      fc.asyncProperty(requests[signal], async (request) => {
        const bytes = encode(signal, request);
        const batch = batchOf(signal, bytes, validate(signal, bytes));
        next.batches.length = 0;
        await processor.consume(batch);
        if (!/nowhere|@@|neither|[0-9]{12}/.test(Buffer.from(bytes).toString('latin1') + JSON.stringify(request))) {
          assert.equal(next.batches[0], batch);
        }
      }),
      { seed: 9, numRuns: 100 },
    );
  });

  void test(`${signal}: a secret that one pattern names is nowhere in the output`, async () => {
    const secret = 's3cr3t';
    const settings = `{allow_all_keys: true, blocked_values: [${secret}], redact_all_types: true, summary: debug}`;
    const { processor, next } = running(redaction, settings, signal);
    const text = fc.tuple(fc.string(), fc.string()).map((parts) => ({ stringValue: parts.join(secret) }));
    const value = fc.oneof(
      text,
      fc.array(text, { maxLength: 2 }).map((values) => ({ arrayValue: { values } })),
      text.map((inner) => ({ kvlistValue: { values: [{ key: 'k', value: inner }] } })),
    );
    const list = fc.array(fc.record({ key: fc.string(), value }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(list, value, async (entries, body) => {
        const bytes = encode(signal, requestOf(signal, entries, body));
        next.batches.length = 0;
        await processor.consume(batchOf(signal, bytes, 1));
        const [batch] = next.batches;
        assert.ok(batch);
        assert.ok(!Buffer.from(joinChunks(batch)).includes(secret));
      }),
      { seed: 10, numRuns: 100 },
    );
  });
}

function requestOf(signal: (typeof SIGNALS)[number], attributes: object[], body: object): object {
  const resource = { attributes };
  const scope = { attributes };
  if (signal === 'traces') {
    return {
      resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [{ attributes, events: [{ attributes }] }] }] }],
    };
  }
  if (signal === 'logs')
    return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [{ attributes, body }] }] }] };
  const metrics = [{ name: 'm', gauge: { dataPoints: [{ attributes }] } }];
  return { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] };
}

void test('a malformed batch is rejected, and the reason holds nothing of it', async () => {
  const { processor } = running(redaction, '{}', 'logs');
  const bytes = Buffer.concat([Buffer.from([0x0a, 0x7f]), Buffer.from('s3cr3t')]);
  await assert.rejects(processor.consume(batchOf('logs', bytes, 1)), (error: unknown) => {
    assert.ok(error instanceof Rejected);
    assert.doesNotMatch(error.message, /s3cr3t/);
    return true;
  });
});
