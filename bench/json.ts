// What it costs to read and write OTLP/JSON, against JSON.parse and JSON.stringify alone in the same run: no more than these
// can be saved by anything but another parser. Run: node bench/json.ts

import { REQUEST_MESSAGE } from '../proto/descriptors.ts';
import { jsonToProto } from '../proto/json/decode.ts';
import { protoToJson } from '../proto/json/encode.ts';
import { decodeMessage } from '../proto/objects.ts';
import { encode } from '../test/proto/reference.ts';
import { spansRequest } from './proto-request.ts';

const ROUNDS = 7;
const TIMES = 200;
const SPANS = 100;

const bytes = encode('traces', spansRequest(SPANS));
const json = Buffer.from(protoToJson('traces', bytes));
const parsed: unknown = JSON.parse(json.toString());
/** Times as numbers, which JSON.parse rounds, so that they have to be read with their digits. */
const wideNumbers = Buffer.from(json.toString().replaceAll(/UnixNano":"(\d+)"/g, 'UnixNano":$1'));

/** Median microseconds of this thread for one run. */
function measure(run: () => unknown): number {
  const micros: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.threadCpuUsage();
    for (let time = 0; time < TIMES; time++) run();
    micros.push(process.threadCpuUsage(start).user / TIMES);
  }
  micros.sort((a, b) => a - b);
  return micros[ROUNDS >> 1] ?? 0;
}

function report(name: string, micros: number, base: number): void {
  const rate = (SPANS / micros).toFixed(2);
  console.log(`${name}: ${micros.toFixed(0)} us a request, ${rate} M spans/s, ${(micros / base).toFixed(1)}x`);
}

console.log(
  `${SPANS} spans, ${bytes.length} bytes, ${json.length} as JSON, node ${process.version}, median of ${ROUNDS}`,
);
const parse = measure(() => JSON.parse(json.toString()));
report('JSON.parse alone', parse, parse);
report(
  'jsonToProto',
  measure(() => jsonToProto('traces', json)),
  parse,
);
report(
  'jsonToProto, 64-bit numbers not in quotes',
  measure(() => jsonToProto('traces', wideNumbers)),
  parse,
);
const stringify = measure(() => JSON.stringify(parsed));
report('JSON.stringify alone', stringify, stringify);
report(
  'decodeMessage alone',
  measure(() => decodeMessage(REQUEST_MESSAGE.traces, bytes)),
  stringify,
);
report(
  'protoToJson',
  measure(() => protoToJson('traces', bytes)),
  stringify,
);
