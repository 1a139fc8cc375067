// Writes test/data/prometheus-relabel/answers.json: what Prometheus answers to the cases of relabel-cases.ts.
// Run: node test/interop/record-relabel.ts path/to/record, the program of test/data/prometheus-relabel/record.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { DURATIONS, RELABEL_CASES, SIZES, TARGET_CASES } from './relabel-cases.ts';

const program = process.argv[2] ?? 'record';
const input = JSON.stringify({
  relabel: RELABEL_CASES,
  targets: TARGET_CASES,
  durations: DURATIONS,
  sizes: SIZES,
});
const output = execFileSync(program, { input, encoding: 'utf8', maxBuffer: 1 << 26 });
const answers: unknown = JSON.parse(output);
writeFileSync(
  new URL('../data/prometheus-relabel/answers.json', import.meta.url),
  `${JSON.stringify(answers, undefined, 1)}\n`,
);
