// Real configurations that nobody here wrote: all of them parse and merge, and where every component is known here and
// to the collector, the verdict is the collector's.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { verdictOn } from '../../cmd/validate.ts';
import type { LoadResult } from '../../pipeline/config/load.ts';
import { resolveConfiguration } from '../../pipeline/config/resolve.ts';

const folder = fileURLToPath(new URL('../../../shared/data/collector-configs/', import.meta.url));
const skip = existsSync(folder) ? false : 'the folder shared/data/collector-configs is not beside this repository';

const verdictsSchema = z.record(
  z.string(),
  z.object({
    verdict: z.enum(['valid', 'refused', 'unavailable']),
    reason: z.string().optional(),
    types: z.array(z.string()).optional(),
  }),
);

/** The share of verdicts that must agree. */
const AGREEMENT = 0.97;

/** Where our verdict differs, and why that is right. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  '0148-opentelemetry-operator.yaml': 'target_allocator of the prometheus receiver is not built here, and says so',
};

function files(): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.yaml'));
}

function judge(file: string): Promise<LoadResult> {
  return verdictOn({ uris: [`${folder}${file}`], env: {} });
}

void test('every configuration is read and merged', { skip }, async () => {
  const verdicts = verdictsSchema.parse(JSON.parse(readFileSync(`${folder}verdicts.json`, 'utf8')));
  for (const file of files()) {
    const { root, errors } = await resolveConfiguration({ uris: [`${folder}${file}`, `${folder}${file}`], env: {} });
    if (root && errors.length === 0) continue;
    assert.equal(verdicts[file]?.verdict, 'refused', `${file}: ${errors.map(String).join('\n')}`);
  }
});

void test('where both know the components, the verdict is the collector’s', { skip }, async () => {
  const verdicts = verdictsSchema.parse(JSON.parse(readFileSync(`${folder}verdicts.json`, 'utf8')));
  let compared = 0;
  const differing: string[] = [];
  for (const file of files()) {
    const theirs = verdicts[file];
    const ours = await judge(file);
    if (!theirs || theirs.verdict === 'unavailable' || ours.verdict === 'unavailable') continue;
    compared += 1;
    if (ours.verdict === theirs.verdict) continue;
    differing.push(file);
    const detail = `${file}: ours ${ours.verdict} ${ours.errors.map(String).join('\n')}, theirs ${theirs.verdict} ${theirs.reason ?? ''}`;
    assert.ok(EXCEPTIONS[file], `not argued: ${detail}`);
  }
  assert.deepEqual(differing.toSorted(), Object.keys(EXCEPTIONS).toSorted());
  assert.ok(compared >= 10, `only ${compared} configurations could be compared`);
  assert.ok(1 - differing.length / compared >= AGREEMENT, `${differing.length} of ${compared} differ`);
});
