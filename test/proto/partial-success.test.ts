import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePartialSuccess, encodePartialSuccess } from '../../proto/export-response.ts';
import { partialSuccessFromJson } from '../../proto/json/status.ts';

void test('what a destination rejected is a whole number of items, or nothing', () => {
  assert.deepEqual(decodePartialSuccess(encodePartialSuccess(3, 'why')), { rejected: 3, message: 'why' });
  // rejected_spans: -1, as ten bytes of varint.
  const negative = Buffer.from('0a0b08ffffffffffffffffff01', 'hex');
  assert.equal(decodePartialSuccess(negative), undefined);
  const inJson = (rejectedSpans: unknown) =>
    partialSuccessFromJson(Buffer.from(JSON.stringify({ partialSuccess: { rejectedSpans } })));
  assert.deepEqual(inJson('3'), { rejected: 3, message: '' });
  for (const nonsense of ['0.53', '-3', '1e400', 'many', [], {}]) assert.equal(inJson(nonsense), undefined);
});
