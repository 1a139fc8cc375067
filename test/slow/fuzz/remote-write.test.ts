// Broken remote-write requests, 1.0 and 2.0: converted to valid OTLP, or refused as malformed or too large, nothing else.

import { test } from 'node:test';
import { BodyTooLarge } from '../../../pipeline/transport/body-errors.ts';
import { V1_MESSAGE, V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import { validate } from '../../../proto/otlp/validate.ts';
import { MalformedProto } from '../../../proto/wire.ts';
import { STALE } from '../../exporters/prometheus_remote_write/messages.ts';
import { conversion, request, type SeriesSpec } from '../../receivers/prometheus_remote_write/requests.ts';
import { fuzz, type Verdict } from './driver.ts';
import { mutateBytes } from './mutate.ts';

const MS = 1_700_000_000_000;
const LIMIT_BYTES = 64 << 20;
const NATIVE = {
  count_int: 12,
  sum: 18.4,
  schema: 1,
  zero_count_int: 2,
  positive_spans: [
    { offset: 0, length: 2 },
    { offset: 1, length: 2 },
  ],
  positive_deltas: [1, 1, -1, 0],
  negative_spans: [{ offset: -3, length: 2 }],
  negative_deltas: [2, 1],
  timestamp: MS,
};
const CUSTOM = {
  count_int: 4,
  sum: 9,
  schema: -53,
  custom_values: [1, 2.5],
  positive_spans: [{ offset: 1, length: 2 }],
  positive_deltas: [3, -2],
  timestamp: MS,
};

function part(name: string, value: number, labels: object = {}): SeriesSpec {
  return { labels: { __name__: name, job: 'a/b', ...labels }, samples: [{ value, ms: MS, startMs: 1 }], type: 3 };
}

const SERIES: readonly SeriesSpec[] = [
  { labels: { __name__: 'target_info', job: 'a/b', region: 'x' }, samples: [{ value: 1, ms: MS }] },
  { labels: { __name__: 'c_total', job: 'a/b', otel_scope_name: 's' }, samples: [{ value: STALE, ms: MS }], type: 1 },
  { labels: { __name__: 'g', job: 'a/b' }, exemplars: [{ labels: { trace_id: 'ab'.repeat(16) }, value: 1, ms: MS }] },
  { labels: { __name__: 'g', job: 'a/b' }, samples: [{ value: 1, ms: MS }], help: 'G.', unit: 'seconds' },
  { labels: { __name__: 'n', job: 'a/b' }, histograms: [NATIVE, CUSTOM], type: 3 },
  part('h_bucket', 1, { le: '1' }),
  part('h_bucket', 3, { le: '+Inf' }),
  part('h_sum', 2),
  part('h_count', 3),
];
const FAMILY = [{ type: 3, metric_family_name: 'h', help: 'H.', unit: 'seconds' }];

for (const message of [V1_MESSAGE, V2_MESSAGE] as const) {
  const samples = [SERIES, SERIES.toReversed(), SERIES.slice(4), SERIES.slice(0, 5)].map((series) =>
    Buffer.from(request(message, series, FAMILY)),
  );
  // One after the other, as a receiver has it: what one leaves behind must not hurt the next.
  const conversions = conversion();
  void test(`broken ${message}`, { timeout: 0x7fff_ffff }, (context) =>
    fuzz(
      context,
      {
        name: `remote-write-${message}`,
        make: (random) => mutateBytes(samples[random.below(samples.length)] ?? Buffer.alloc(0), random, samples),
        try: (input): Verdict => {
          try {
            const { bytes, points } = conversions.convert(input, message === V2_MESSAGE, (grown) => {
              if (grown > LIMIT_BYTES) throw new BodyTooLarge(LIMIT_BYTES);
            });
            const items = validate('metrics', bytes);
            if (items !== points) throw new Error(`${points} points are said to be there, ${items} are`);
            return 'accepted';
          } catch (error) {
            if (error instanceof MalformedProto && error.stack?.includes('validate') !== true) return 'refused';
            if (error instanceof BodyTooLarge) return 'refused';
            throw error;
          }
        },
      },
      3,
    ),
  );
}
