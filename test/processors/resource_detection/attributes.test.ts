// The attributes of detectors that the collector has as well are the collector's, and on by default where they are there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import resourceDetection from '../../../processors/resource_detection/index.ts';
import { settingsOf } from '../../support/processor.ts';

const DETECTORS = ['system', 'docker', 'ec2', 'gcp', 'azure', 'lambda', 'heroku'] as const;

for (const detector of DETECTORS) {
  void test(`the attributes of ${detector}`, () => {
    const file = new URL(`../../data/resource-detection/${detector}.yaml`, import.meta.url);
    // The file's own shape.
    const { resource_attributes: theirs } = parse(readFileSync(file, 'utf8')) as {
      readonly resource_attributes: Readonly<Record<string, { readonly enabled: boolean }>>;
    };
    const ours = settingsOf(resourceDetection.config, '{}')[detector].resource_attributes;
    const switches = (all: Readonly<Record<string, { readonly enabled: boolean }>>): Record<string, boolean> =>
      Object.fromEntries(Object.entries(all).map(([name, { enabled }]) => [name, enabled]));
    assert.deepEqual(switches(ours), switches(theirs));
  });
}
