// Writes test/data/probabilistic-sampler/otelcol.json: what a real collector keeps of the sampler's cases.
// Run: OTELCOL=path/to/otelcol node test/interop/record-sampler.ts

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { batchOfJson, decoded } from '../support/processor.ts';
import { outcomeOf, SAMPLER_CASES, SAMPLER_REQUESTS } from './sampler-cases.ts';
import { throughCollector } from './through-collector.ts';

const otelcol = process.env['OTELCOL'] ?? 'otelcol';
const outputs = await throughCollector(otelcol, SAMPLER_CASES, SAMPLER_REQUESTS);
const table = {
  made: 'OTELCOL=path/to/otelcol node test/interop/record-sampler.ts',
  version: execFileSync(otelcol, ['--version'], { encoding: 'utf8' }).trim(),
  cases: SAMPLER_CASES.map(({ signal, settings }, index) => ({
    signal,
    settings,
    kept: outcomeOf(
      signal,
      (outputs[index] ?? []).map((request) => decoded(batchOfJson(signal, request))),
    ),
  })),
};
writeFileSync(
  new URL('../data/probabilistic-sampler/otelcol.json', import.meta.url),
  `${JSON.stringify(table, undefined, 1)}\n`,
);
