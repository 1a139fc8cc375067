import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkOpenMetrics } from '../../../proto/prometheus/openmetrics-check.ts';
import { PageError } from '../../../proto/prometheus/page-reader.ts';

const data = new URL('../../data/', import.meta.url);
// Safe: test/interop/record-openmetrics.ts wrote it.
const CASES = JSON.parse(readFileSync(new URL('openmetrics-parsers/cases.json', data), 'utf8')) as {
  name: string;
  shouldParse: boolean;
  page: string;
}[];

void test("OpenMetrics' own 211 cases are judged right", () => {
  assert.equal(CASES.length, 211);
  for (const { name, shouldParse, page } of CASES) {
    const check = (): void => checkOpenMetrics(Buffer.from(page));
    if (shouldParse) assert.doesNotThrow(check, name);
    else assert.throws(check, PageError, name);
  }
  assert.equal(CASES.filter((one) => one.shouldParse).length, 44);
});

void test('says where a page breaks which rule', () => {
  const page = '# TYPE a histogram\na_bucket{le="2"} 0\na_bucket{le="1"} 0\n# EOF\n';
  assert.throws(() => checkOpenMetrics(Buffer.from(page)), { message: 'line 3: buckets are not in the order of le' });
});

void test('refuses a series that is there twice at no time', () => {
  assert.throws(() => checkOpenMetrics(Buffer.from('a{b="c"} 1\na{b="c"} 1\n# EOF\n')), /there twice/);
});

// test/exporters/prometheus holds our exporter to these pages, byte by byte.
void test("our exporter's OpenMetrics pages keep all rules", () => {
  const page = (name: string): Buffer => {
    const text = readFileSync(new URL(`prometheus-pages/${name}.openmetrics.txt`, data), 'utf8');
    assert.match(text, /^application\/openmetrics-text;/);
    return Buffer.from(text.slice(text.indexOf('\n') + 1));
  };
  checkOpenMetrics(page('everything'));
  // A counter whose name may not be ended by _total is of no type, and keeps its exemplar, as Go's library has it.
  const untranslated = page('no_translation');
  assert.throws(() => checkOpenMetrics(untranslated), { message: /^line 20: only buckets, and counters/ });
  checkOpenMetrics(Buffer.from(untranslated.toString().replaceAll(/^(\{"ns_http.*) # .*$/gm, '$1')));
});
