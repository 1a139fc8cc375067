// What it costs to count, check, read and edit OTLP traces in place, against decoding with protobufjs in the same run.
// Run: node bench/proto.ts

import { countItems } from '../proto/otlp/count.ts';
import { encodeAnyValue } from '../proto/otlp/encode-value.ts';
import { SpanCursor, STATUS_CODE_ERROR } from '../proto/otlp/spans.ts';
import { KEEP, spliceSpans } from '../proto/otlp/splice.ts';
import { splitChunks } from '../proto/otlp/split.ts';
import { encodeUtf8 } from '../proto/otlp/text.ts';
import { validate } from '../proto/otlp/validate.ts';
import { encode, REQUEST_TYPES } from '../test/proto/reference.ts';
import { spansRequest } from './proto-request.ts';

const ROUNDS = 7;
const SPANS = 100;
const request = encode('traces', spansRequest(SPANS));

const cursor = new SpanCursor();
const serviceName = encodeUtf8('service.name');
const chunks = [request];

/** Reads of every span what RED metrics need: service, name, kind, status, times, ids. */
function readSpans(): number {
  let sum = 0;
  let resource = -1;
  let service = '';
  cursor.reset(chunks);
  while (cursor.next()) {
    if (cursor.resourceIndex !== resource) {
      resource = cursor.resourceIndex;
      service = cursor.resource.attributes.getString(serviceName) ?? '';
    }
    const span = cursor.item;
    const { fields } = span;
    sum += service.length + span.kind + span.statusCode + span.durationNano;
    sum += fields.nameEnd - fields.nameStart + fields.traceIdEnd - fields.traceIdStart;
    sum += fields.spanIdEnd - fields.spanIdStart + fields.parentSpanIdEnd - fields.parentSpanIdStart;
  }
  return sum;
}

/** The same, with the name as string and ids as hex. */
function readStrings(): number {
  let sum = 0;
  cursor.reset(chunks);
  while (cursor.next()) {
    const span = cursor.item;
    sum += span.name.length + span.traceIdHex.length + span.spanIdHex.length + span.durationNano;
  }
  return sum;
}

/** Median spans per microsecond (= M spans/s). */
function measure(run: () => unknown, times: number): number {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Time of this thread, not of the clock: others on the machine and the collector's helpers do not count.
    const start = process.threadCpuUsage();
    for (let time = 0; time < times; time++) run();
    rates.push((SPANS * times) / process.threadCpuUsage(start).user);
  }
  rates.sort((a, b) => a - b);
  return rates[ROUNDS >> 1] ?? 0;
}

const ENV = encodeUtf8('deployment.environment.name');
const PRODUCTION = encodeAnyValue('production');
const PATH = encodeUtf8('url.path');
const PORT = encodeUtf8('server.port');
const PORT_VALUE = encodeAnyValue(443n);

/** What the processors resource and attributes do to every span. */
const editor = spliceSpans({
  resource(draft) {
    draft.attributes.upsert(ENV, PRODUCTION);
    return KEEP;
  },
  item(draft) {
    draft.attributes.upsert(PORT, PORT_VALUE);
    draft.attributes.delete(PATH);
    return KEEP;
  },
});
const tagger = spliceSpans({
  item(draft) {
    draft.attributes.upsert(ENV, PRODUCTION);
    return KEEP;
  },
});
const filter = spliceSpans({ pruneEmpty: true, item: (_draft, span) => span.statusCode !== STATUS_CODE_ERROR });

const reference = measure(() => REQUEST_TYPES.traces.decode(request), 100);
const rows: [string, () => unknown, number][] = [
  ['countItems', () => countItems('traces', request), 50_000],
  ['validate', () => validate('traces', request), 5000],
  ['read service, name, kind, status, times, ids', readSpans, 5000],
  ['splice: an attribute added to every span', () => tagger.run(chunks), 1000],
  ['splice: resource attribute, an attribute replaced and one deleted in every span', () => editor.run(chunks), 1000],
  ['splice: every third span dropped', () => filter.run(chunks), 2000],
  ['split into parts of 30', () => splitChunks('traces', chunks, 30), 1000],
  ['read name as string, ids as hex', readStrings, 2000],
];
console.log(`${SPANS} spans, ${request.length} bytes, node ${process.version}, median of ${ROUNDS}`);
console.log(`protobufjs decode: ${reference.toFixed(2)} M spans/s`);
for (const [name, run, times] of rows) {
  const rate = measure(run, times);
  const micros = SPANS / rate;
  console.log(
    `${name}: ${rate.toFixed(1)} M spans/s, ${micros.toFixed(1)} us a request, ${(rate / reference).toFixed(0)}x`,
  );
}
