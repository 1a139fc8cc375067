import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { AgentError } from '../../../pipeline/errors.ts';
import { samplerOf } from '../../../pipeline/own-telemetry/sampler.ts';
import type { SamplerSettings } from '../../../pipeline/own-telemetry/settings.ts';
import type { SpanContext } from '../../../pipeline/spans.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const parent = (traceFlags: number, isRemote: boolean): SpanContext => ({
  traceId: TRACE,
  spanId: 'b7ad6b7169203331',
  traceFlags,
  isRemote,
});

void test('without settings the calling side decides, and a trace that begins here is kept', () => {
  const sampler = samplerOf(undefined);
  assert.equal(sampler(TRACE, undefined), true);
  assert.equal(sampler(TRACE, parent(1, true)), true);
  assert.equal(sampler(TRACE, parent(0, true)), false);
  assert.equal(sampler(TRACE, parent(0, false)), false);
});

void test('every case of parent_based can have its own sampler', () => {
  const sampler = samplerOf({
    parent_based: {
      root: { always_off: {} },
      remote_parent_sampled: { always_off: {} },
      remote_parent_not_sampled: { always_on: {} },
      local_parent_sampled: { always_off: {} },
      local_parent_not_sampled: { parent_based: { local_parent_not_sampled: { always_on: {} } } },
    },
  });
  assert.equal(sampler(TRACE, undefined), false);
  assert.deepEqual(
    [parent(1, true), parent(0, true), parent(1, false), parent(0, false)].map((one) => sampler(TRACE, one)),
    [false, true, false, true],
  );
});

void test('a ratio keeps its share of the trace ids, and always the same', () => {
  const sampler = samplerOf({ trace_id_ratio_based: { ratio: 0.25 } });
  const ids = Array.from({ length: 4_000 }, () => randomBytes(16).toString('hex'));
  const kept = ids.filter((id) => sampler(id, undefined));
  assert(kept.length > 800 && kept.length < 1_200, String(kept.length));
  assert.deepEqual(
    kept.filter((id) => sampler(id, undefined)),
    kept,
  );
  // What the collector's SDK does with these ids: of 63 bits those below a quarter.
  assert.equal(sampler(`${'f'.repeat(16)}3fffffffffffffff`, undefined), true);
  assert.equal(sampler(`${'0'.repeat(16)}4000000000000000`, undefined), false);
  assert.equal(samplerOf({ trace_id_ratio_based: { ratio: 0 } })(TRACE, undefined), false);
  assert.equal(samplerOf({ trace_id_ratio_based: {} })('f'.repeat(32), undefined), true);
});

void test('a sampler that is none is refused', () => {
  const others: SamplerSettings[] = [{}, { always_on: null }];
  for (const settings of others) {
    assert.throws(
      () => samplerOf(settings),
      (error) => error instanceof AgentError && error.code === 'TELEMETRY_EXPORT',
    );
  }
});
