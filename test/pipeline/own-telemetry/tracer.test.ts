import assert from 'node:assert/strict';
import { test } from 'node:test';
import { propagatorOf } from '../../../pipeline/own-telemetry/propagation.ts';
import { samplerOf, type Sampler } from '../../../pipeline/own-telemetry/sampler.ts';
import { fineClock, Tracer, type EndedSpan } from '../../../pipeline/own-telemetry/tracer.ts';

const REMOTE = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
  traceState: 'a=1',
  isRemote: true,
};

function setUp(sampler: Sampler = samplerOf(undefined)) {
  const ended: EndedSpan[] = [];
  const clock = { now: 1_000 };
  let ids = 0;
  const tracer = new Tracer({
    sampler,
    propagator: propagatorOf(['tracecontext']),
    now: () => clock.now,
    randomHex: (bytes) => String((ids += 1)).padStart(bytes * 2, '0'),
    take: (span) => ended.push(span),
  });
  const spans = tracer.forComponent('exporter', 'otlp/far');
  return { spans, source: spans.source({ name: 'scope', signal: 'traces' }), ended, clock };
}

void test('a span carries its time, events, attributes and who speaks, and can cross threads', () => {
  const { source, ended, clock } = setUp();
  const span = source.start('work', { kind: 'client', attributes: { a: 1, b: 'x' }, links: [REMOTE] });
  clock.now += 1.5;
  span.event('half', { n: 2 });
  span.set({ b: 'y' });
  clock.now += 1;
  span.end('broken');
  assert.deepEqual(structuredClone(ended), [
    {
      scope: {
        name: 'scope',
        attributes: {
          'otelcol.component.id': 'otlp/far',
          'otelcol.component.kind': 'exporter',
          'otelcol.signal': 'traces',
        },
      },
      name: 'work',
      kind: 'client',
      context: { traceId: '1'.padStart(32, '0'), spanId: '2'.padStart(16, '0'), traceFlags: 1 },
      parent: undefined,
      links: [REMOTE],
      droppedLinks: 0,
      startUnixMs: 1_000,
      endUnixMs: 1_002.5,
      attributes: { a: 1, b: 'y' },
      events: [{ name: 'half', timeUnixMs: 1_001.5, attributes: { n: 2 } }],
      droppedEvents: 0,
      error: 'broken',
    },
  ]);
});

void test('a span belongs to its parent, and hands on what the client said of the trace', () => {
  const { spans, source, ended } = setUp();
  const parent = spans.extract({ traceparent: `00-${REMOTE.traceId}-${REMOTE.spanId}-01`, tracestate: 'a=1' });
  const outer = source.start('outer', { parent });
  const inner = source.start('inner', { parent: outer.context });
  inner.end();
  outer.end();
  assert.deepEqual(
    ended.map(({ name, context, parent: above }) => [name, context.traceId, context.traceState, above?.spanId]),
    [
      ['inner', REMOTE.traceId, 'a=1', outer.context.spanId],
      ['outer', REMOTE.traceId, 'a=1', REMOTE.spanId],
    ],
  );
  assert.deepEqual(spans.inject(inner.context), {
    traceparent: `00-${REMOTE.traceId}-${inner.context.spanId}-01`,
    tracestate: 'a=1',
  });
});

void test('what the sampler passes over is not recorded, and says so to others', () => {
  const { spans, source, ended } = setUp();
  const span = source.start('work', { parent: { ...REMOTE, traceFlags: 0 } });
  span.event('half');
  span.set({ a: 1 });
  span.end('broken');
  source.start('below', { parent: span.context }).end();
  assert.deepEqual(ended, []);
  assert.match(spans.inject(span.context)['traceparent'] ?? '', /-00$/);
});

void test('a span ends once, and its events and links have a limit', () => {
  const { source, ended } = setUp();
  const span = source.start('work', { links: Array.from({ length: 130 }, () => REMOTE) });
  for (let index = 0; index < 200; index += 1) span.event('again');
  span.end();
  span.event('late');
  span.end('late');
  assert.equal(ended.length, 1);
  const [only] = ended;
  assert.deepEqual(
    [only?.events.length, only?.droppedEvents, only?.links.length, only?.droppedLinks, only?.error],
    [128, 72, 128, 2, undefined],
  );
});

void test('the fine clock has fractions, never leaves the wall clock, and follows it when that is set', () => {
  const time = { wall: 5_000, steady: 70.25 };
  const now = fineClock(
    () => time.wall,
    () => time.steady,
  );
  time.steady += 0.5;
  assert.equal(now(), 5_000.5);
  time.wall += 1;
  time.steady += 0.75;
  assert.equal(now(), 5_001.25);
  time.wall -= 3_600_000;
  assert.equal(now(), 5_001 - 3_600_000);
  time.steady += 0.25;
  assert.equal(now(), 5_001.25 - 3_600_000);
});
