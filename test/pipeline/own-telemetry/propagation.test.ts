import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentError } from '../../../pipeline/errors.ts';
import { propagatorOf } from '../../../pipeline/own-telemetry/propagation.ts';
import type { SpanContext } from '../../../pipeline/spans.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const REMOTE: SpanContext = { traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true };

function injected(names: readonly string[], span: SpanContext): Record<string, string> {
  const headers: Record<string, string> = {};
  propagatorOf(names).inject(span, headers);
  return headers;
}

void test('traceparent is read as the specification says, and nothing else of it', () => {
  const propagator = propagatorOf(['tracecontext']);
  const of = (traceparent: string, tracestate?: string) =>
    propagator.extract({ traceparent, ...(tracestate === undefined ? {} : { tracestate }) });
  assert.deepEqual(of(`00-${TRACE}-${SPAN}-01`), REMOTE);
  assert.deepEqual(of(`00-${TRACE}-${SPAN}-01`, 'a=1,b=2'), { ...REMOTE, traceState: 'a=1,b=2' });
  assert.deepEqual(of(`00-${TRACE}-${SPAN}-01`, 'a=\u0001'), REMOTE);
  // A later version may say more.
  assert.deepEqual(of(`cc-${TRACE}-${SPAN}-01-what-it-may`), REMOTE);
  for (const bad of [
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-04`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
  ]) {
    assert.equal(of(bad), undefined, bad);
  }
});

void test('B3 is read from one header or from many', () => {
  const propagator = propagatorOf(['b3']);
  const extract = (headers: Record<string, string>) => propagator.extract(headers);
  assert.deepEqual(extract({ b3: `${TRACE}-${SPAN}-1` }), REMOTE);
  assert.deepEqual(extract({ b3: `${TRACE}-${SPAN}-d-${SPAN}` }), REMOTE);
  assert.deepEqual(extract({ b3: `${TRACE}-${SPAN}-0` }), { ...REMOTE, traceFlags: 0 });
  assert.deepEqual(extract({ b3: `${SPAN}-${SPAN}-1` }), { ...REMOTE, traceId: SPAN.padStart(32, '0') });
  const many = { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' };
  assert.deepEqual(extract({ ...many, b3: 'nonsense' }), REMOTE);
  assert.equal(extract({ ...many, 'x-b3-sampled': 'perhaps' }), undefined);
  assert.equal(extract({ b3: '0' }), undefined);
});

void test('what is written can be read again, and without propagators nothing is', () => {
  const span: SpanContext = { ...REMOTE, traceState: 'a=1' };
  assert.deepEqual(injected(['tracecontext', 'b3'], span), {
    traceparent: `00-${TRACE}-${SPAN}-01`,
    tracestate: 'a=1',
    b3: `${TRACE}-${SPAN}-1`,
  });
  for (const name of ['tracecontext', 'b3']) {
    assert.deepEqual(propagatorOf([name]).extract(injected([name], REMOTE)), REMOTE);
  }
  assert.deepEqual(injected([], span), {});
  assert.equal(propagatorOf([]).extract({ traceparent: `00-${TRACE}-${SPAN}-01` }), undefined);
});

void test('an unknown propagator is refused by name', () => {
  assert.throws(
    () => propagatorOf(['jaeger']),
    (error) => error instanceof AgentError && error.code === 'TELEMETRY_EXPORT' && /"jaeger"/.test(error.message),
  );
});
