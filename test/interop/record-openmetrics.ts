// Writes test/data/openmetrics-parsers/cases.json: the parser cases of prometheus/OpenMetrics, one line each.
// Run: node test/interop/record-openmetrics.ts path/to/OpenMetrics/tests/testdata/parsers

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const folder = process.argv[2] ?? '.';
const lines = readdirSync(folder)
  .toSorted()
  .map((name) => {
    const page = readFileSync(path.join(folder, name, 'metrics'), 'utf8');
    // Safe: every case has this file.
    const { shouldParse } = JSON.parse(readFileSync(path.join(folder, name, 'test.json'), 'utf8')) as {
      shouldParse: boolean;
    };
    return JSON.stringify({ name, shouldParse, page });
  });
writeFileSync(new URL('../data/openmetrics-parsers/cases.json', import.meta.url), `[\n${lines.join(',\n')}\n]\n`);
