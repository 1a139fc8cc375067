// Pages in all three formats that Prometheus' parser is asked about, and ours: samples, the words of the formats, and many
// pages with something broken, made from seeds.

import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { PageFormat } from '../../proto/prometheus/page-reader.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { protobufPage } from './protobuf-pages.ts';

export interface TextparseCase {
  readonly format: PageFormat;
  readonly page: Buffer;
  /** Native histograms are read, and beside them their classic buckets. */
  readonly native: boolean;
  readonly keep: boolean;
  /** Prometheus reads messages that we have no use for, and passes over groups, which we refuse: who takes it may differ. */
  readonly isBroken?: boolean;
}

const data = new URL('../data/', import.meta.url);
const MUTANTS = 1_500;

const TEXT = `# A comment
# HELP http_requests_total The \\\\ total\\nnumber.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400",}    3 1395066363000

#HELP not metadata
# 	HELP	x	y
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01"} 3102
rpc_duration_seconds_sum 1.7560473e+07
rpc_duration_seconds_count 2693
# TYPE "with.dots" gauge
{"with.dots", "a b"="c"} 1
{ "other.name" , x = "y" } -1e-7 12
# TYPE h histogram
h_bucket{le="1"} 2
h_bucket{le="+Inf"} 3
h_sum 7
h_count 3
`;

const OPENMETRICS = `# HELP foo A \\"counter\\"
# TYPE foo counter
foo_total{a="b"} 17.0 1520879607.789 # {trace_id="KOO5S4vxi0o",x="y"} 0.67 1520879607
foo_created{a="b"} 1520430000.123
# TYPE bar_seconds histogram
# UNIT bar_seconds seconds
bar_seconds_bucket{le="0.1"} 8
bar_seconds_bucket{le="1"} 10 # {} 0.67
bar_seconds_bucket{le="+Inf"} 17 # {trace_id="b"} 9.8
bar_seconds_count 17
bar_seconds_sum 324789.3
# TYPE g gaugehistogram
g_bucket{le="+Inf"} 1
# TYPE s stateset
s{s="a"} 1
# TYPE i info
i_info{entity="controller",name="pretty name"} 1
# TYPE "un.known" unknown
{"un.known","quoted label"="\\\\x"} NaN
# HELP empty 
empty -Inf
# EOF
`;

const WORDS = [
  '', '"', '\\', '\\n', '{', '}', ',', '=', ' ', '  ', '\t', '\n', '#', '# ', '# EOF\n', '# TYPE ', '# HELP ', '# UNIT ',
  '_total', '_created', 'le', 'counter', 'untyped', 'unknown', '0', '-1', '1e400', '1_0', '0x1p-2', 'NaN', 'inf', 'Infinity',
  '9223372036854775807', '9223372036854775808', '1.5', ' # {a="b"} 1', '{a="b"}', '\u0000', '\u00e9', '\r', ':',
  '0.30000000000000004', '1e-5', '1e-23', '123456789012345678', '.5', '5.', '+1', 'e', '4.9e-324', '2e-324', '1e23',
] as const; // prettier-ignore

function mutant(page: Buffer, random: SeededRandom): Buffer {
  let made = page;
  for (let changes = random.between(1, 3); changes > 0; changes--) {
    const at = random.below(made.length + 1);
    const end = Math.min(made.length, at + random.pick([0, 0, 1, 1, 2, 8]));
    const put = random.chance(0.7) ? Buffer.from(random.pick(WORDS)) : random.bytes(random.between(0, 2));
    made = Buffer.concat([made.subarray(0, at), put, made.subarray(random.chance(0.9) ? end : made.length)]);
  }
  // Prometheus takes NUL for the end of the page, and looks at names in quotes only later.
  return made.includes(0) || !isUtf8(made) ? page : made;
}

/** A change of one byte. */
function broken(page: Buffer, random: SeededRandom): Buffer {
  const made = Buffer.from(page);
  const at = random.below(Math.max(1, made.length));
  if (at < made.length) made[at] = random.below(256);
  return made;
}

function some(format: PageFormat, page: Buffer | string, native = true, keep = false): TextparseCase {
  return { format, page: Buffer.from(page), native, keep };
}

export function textparseCases(): TextparseCase[] {
  const sample = (name: string): Buffer => readFileSync(new URL(`prometheus-textparse/${name}`, data));
  const openMetrics = readFileSync(new URL('openmetrics-parsers/cases.json', data), 'utf8');
  // Safe: test/interop/record-openmetrics.ts wrote it.
  const pages = (JSON.parse(openMetrics) as { page: string }[]).map(({ page }) => page);
  const cases = [
    some('text', sample('alltypes.237mfs.prom.txt')),
    some('openmetrics', sample('alltypes.5mfs.om.txt')),
    some('openmetrics', sample('1histogram.om.txt')),
    some('text', TEXT),
    some('openmetrics', OPENMETRICS),
    ...pages.flatMap((page) => [some('openmetrics', page), some('text', page)]),
    ...WORDS.flatMap((word) => [
      some('text', `a ${word}\n`),
      some('text', `a{b="${word}"} 1 ${word}`),
      some('openmetrics', `a ${word}\n# EOF\n`),
      some('openmetrics', `a{b="${word}"} 1 ${word}\n# EOF\n`),
    ]),
  ];
  const random = new SeededRandom(20_261_124);
  for (let count = 0; count < MUTANTS; count++) {
    cases.push(some('text', mutant(Buffer.from(TEXT), random)));
    cases.push(some('openmetrics', mutant(Buffer.from(OPENMETRICS), random)));
    const page = protobufPage(random);
    cases.push(some('protobuf', page, random.chance(0.8), random.chance(0.5)));
    cases.push({ ...some('protobuf', broken(page, random), false), isBroken: true });
  }
  return cases;
}
