import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refused } from '../../pipeline/delivery.ts';
import { ProcessorMeter } from '../../pipeline/processor-meter.ts';
import batch from '../../processors/batch/index.ts';
import sampler from '../../processors/probabilistic_sampler/index.ts';
import { Collector, opened, SOON, testContext } from '../support/context.ts';
import { recordSpans } from '../support/own-spans.ts';
import { batchOfJson } from '../support/processor.ts';
import { tracesBatch } from '../support/requests.ts';

const INCOMING = 'otelcol_processor_incoming_items';
const OUTGOING = 'otelcol_processor_outgoing_items';
const DURATION = 'otelcol_processor_internal_duration';
const TRACES = { 'otel.signal': 'traces' };

const spans = [{ traceId: 'f'.repeat(32) }, { traceId: `${'f'.repeat(18)}${'0'.repeat(14)}` }];
const request = { resourceSpans: [{ scopeSpans: [{ spans }] }] };

void test('items in, items out and the time between are counted, whatever becomes of the batch', async () => {
  const { context, metric } = testContext({ kind: 'processor', id: 'probabilistic_sampler' });
  const next = new Collector();
  let nowMs = 0;
  const meter = new ProcessorMeter(context.metrics, 'traces', () => nowMs++);
  const settings = sampler.config.parse({ mode: 'equalizing', sampling_percentage: 50 });
  const processor = meter.around(sampler.create(settings, context, 'traces', meter.before(next)));
  await processor.consume(batchOfJson('traces', request));
  assert.deepEqual([metric(INCOMING, TRACES), metric(OUTGOING, TRACES)], [2, 1]);
  next.fail = () => new Refused('busy');
  await assert.rejects(processor.consume(batchOfJson('traces', request)), Refused);
  assert.deepEqual([metric(INCOMING), metric(OUTGOING)], [4, 2]);
  assert.equal(metric(`${DURATION}_count`, TRACES), 2);
  assert.equal(metric(`${DURATION}_sum`, TRACES), 0.002, 'in seconds, one look at the clock apart');
});

void test("the time of what comes after is not the processor's, and neither is the time it waits", async () => {
  const { context, metric } = testContext({ kind: 'processor', id: 'batch', realTime: true });
  const next = new Collector();
  const gate = opened();
  next.gate = gate.promise;
  let nowMs = 0;
  const meter = new ProcessorMeter(context.metrics, 'traces', () => nowMs);
  const inner = batch.create(batch.config.parse({ timeout: '1h' }), context, 'traces', meter.before(next));
  const processor = meter.around(inner);
  const senders = Array.from({ length: 6 }, () => processor.consume(tracesBatch(2)));
  assert.equal(metric(`${DURATION}_count`), 6, 'each is over when its call returns');
  nowMs = 60_000;
  gate.open();
  await Promise.all(senders);
  assert.equal(metric(`${DURATION}_sum`), 0);
  assert.deepEqual([metric(INCOMING), metric(OUTGOING)], [12, 12]);
  await inner.stop(SOON());
});

void test('the span of a batch says when each processor had it, while spans are recorded', async () => {
  const { context } = testContext({ kind: 'processor', id: 'probabilistic_sampler' });
  const { spans: own, ended } = recordSpans('receiver', 'otlp');
  const source = own.source({ name: 'otlp' });
  const next = new Collector();
  const meter = new ProcessorMeter(context.metrics, 'traces', () => 0);
  const processor = sampler.create(sampler.config.parse({}), context, 'traces', meter.before(next));
  const carried = batchOfJson('traces', request);
  const through = async (id?: string): Promise<void> => {
    const span = source.start('receiver');
    await meter.around(processor, id).consume({ ...carried, context: { ...carried.context, span } });
    span.end();
  };
  await through('sampler/all');
  await through();
  const attributes = { processor: 'sampler/all' };
  assert.deepEqual(
    ended.map(({ events }) => events.map((event) => [event.name, event.attributes])),
    [
      [
        ['Start processing.', attributes],
        ['End processing.', attributes],
      ],
      [],
    ],
  );
});
