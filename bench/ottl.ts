// What OTTL conditions cost on spans where they lie, against walking the same spans without asking anything.
// Run: node bench/ottl.ts

import { compileConditions } from '../ottl/conditions.ts';
import { viewItem } from '../ottl/views/item.ts';
import { SpanCursor } from '../proto/otlp/spans.ts';
import { encode } from '../test/proto/reference.ts';
import { spansRequest } from './proto-request.ts';

const ROUNDS = 7;
const TIMES = 2_000;
const SPANS = 100;

const CONDITIONS: readonly string[] = [
  'name == "GET /health"',
  'kind == SPAN_KIND_SERVER',
  'attributes["http.route"] == "/health"',
  'attributes["url.path"] != nil and attributes["http.response.status_code"] >= 500',
  'resource.attributes["service.name"] == "load-test"',
  'IsMatch(name, "^/health")',
  'IsMatch(attributes["url.path"], "/v[0-9]+/health$")',
  'status.code == STATUS_CODE_ERROR or end_time - start_time > Duration("10s")',
];

const chunks = [encode('traces', spansRequest(SPANS))];
const cursor = new SpanCursor();
const item = viewItem();

/** Median spans per microsecond of this thread (= M spans/s). */
function measure(visit: () => boolean): number {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = process.threadCpuUsage();
    for (let time = 0; time < TIMES; time += 1) {
      cursor.reset(chunks);
      while (cursor.next()) {
        item.resource = cursor.resource;
        item.scope = cursor.scope;
        item.span = cursor.item;
        visit();
      }
    }
    rates.push((SPANS * TIMES) / process.threadCpuUsage(start).user);
  }
  rates.sort((a, b) => a - b);
  return rates[ROUNDS >> 1] ?? 0;
}

const walk = measure(() => true);
const scan = measure(() => item.span.kind > 100);
console.log(
  `${SPANS} spans, node ${process.version}, median of ${ROUNDS}, M spans per CPU-second (share of the plain scan)`,
);
console.log(`walk from span to span: ${walk.toFixed(1)}`);
console.log(`plain scan, one field read: ${scan.toFixed(1)}`);
for (const text of CONDITIONS) {
  const [condition] = compileConditions([text], 'span', { now: Date.now, random: Math.random });
  if (condition === undefined) continue;
  const rate = measure(() => condition(item));
  console.log(`${text}: ${rate.toFixed(1)} (${Math.round((rate / scan) * 100)} %)`);
}
