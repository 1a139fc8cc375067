// What the detectors find out, and what becomes of resources.

import assert from 'node:assert/strict';
import os from 'node:os';
import { test } from 'node:test';
import { AgentError } from '../../../pipeline/errors.ts';
import { detectEnvironment } from '../../../processors/resource_detection/env.ts';
import resourceDetection from '../../../processors/resource_detection/index.ts';
import { canonicalInHosts } from '../../../processors/resource_detection/system.ts';
import { attributes, batchOfJson, decoded, running, settingsOf } from '../../support/processor.ts';

function environment(text: string, variable = 'OTEL_RESOURCE_ATTRIBUTES'): object {
  return Object.fromEntries(detectEnvironment({ [variable]: text }));
}

void test('env: pairs between commas, blanks around them, escapes in values', () => {
  assert.deepEqual(environment('service.name=shop, deployment.environment.name = prod ,empty='), {
    'service.name': 'shop',
    'deployment.environment.name': 'prod',
    empty: '',
  });
  assert.deepEqual(environment('a=x%20y,b=1+2,c=%C3%A9'), { a: 'x y', b: '1 2', c: '\u00e9' });
  assert.deepEqual(environment('old=1', 'OTEL_RESOURCE'), { old: '1' });
  assert.deepEqual(environment(''), {});
});

void test('env: what is no list of pairs is said, with its position', () => {
  for (const text of ['novalue', 'a=1,novalue', 'a=%zz', 'a=%C3', 'k=\u00e9']) {
    assert.throws(() => environment(text), /list of key=value|wrong %-escape/, text);
  }
});

void test('dns: the canonical name of a line of /etc/hosts', () => {
  const text = '127.0.0.1 localhost\n# 10.0.0.1 web.example.com web\n10.0.0.2\tweb.example.com web alias # comment\n';
  assert.equal(canonicalInHosts(text, 'web'), 'web.example.com');
  assert.equal(canonicalInHosts(text, 'alias'), 'web.example.com');
  assert.equal(canonicalInHosts(text, 'comment'), undefined);
});

const REQUEST = {
  resourceSpans: [
    {
      resource: { attributes: attributes({ 'host.name': 'before', kept: 1 }) },
      scopeSpans: [{ spans: [{ name: 'a' }] }],
    },
  ],
};

/** The resource's attributes after the processor. */
async function resourceAfter(yaml: string): Promise<Record<string, unknown>> {
  const { processor, next } = running(resourceDetection, yaml);
  await processor.start();
  await processor.consume(batchOfJson('traces', REQUEST));
  await processor.stop(AbortSignal.timeout(1_000));
  // The official message's shape.
  const request = decoded(next.batches[0]) as {
    resourceSpans: { resource: { attributes: { key: string; value: Record<string, unknown> }[] } }[];
  };
  const list = request.resourceSpans[0]?.resource.attributes ?? [];
  return Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));
}

void test('system: name and kind by default, replacing what is there unless told not to', async () => {
  const settings = '{ detectors: [system], system: { hostname_sources: [os] } }';
  const after = await resourceAfter(settings);
  assert.equal(after['host.name'], os.hostname());
  assert.equal(after['os.type'], 'linux');
  assert.deepEqual(Object.keys(after).toSorted(), ['host.name', 'kept', 'os.type']);
  const kept = await resourceAfter(settings.replace('{ ', '{ override: false, '));
  assert.equal(kept['host.name'], 'before');
  assert.equal(kept['os.type'], 'linux');
});

void test('system: what is asked for besides', async () => {
  const names = [
    'host.arch',
    'host.cpu.vendor.id',
    'host.interface',
    'host.ip',
    'os.name',
    'os.version',
    'os.description',
    'os.build.id',
  ];
  const on = names.map((name) => `${name}: { enabled: true }`).join(', ');
  const after = await resourceAfter(
    `{ detectors: [system], system: { hostname_sources: [os], resource_attributes: { ${on} } } }`,
  );
  assert.match(String(after['host.arch']), /^(?:amd64|arm64|[a-z0-9]+)$/);
  assert.match(String(after['os.description']), new RegExp(os.release().replaceAll('.', String.raw`\.`)));
  assert.match(String(after['os.name']), /^[a-z]+$/);
  assert.ok('host.interface' in after);
});

void test('the first detector that knows an attribute counts', async () => {
  process.env['OTEL_RESOURCE_ATTRIBUTES'] = 'host.name=from-env,team=core';
  try {
    const after = await resourceAfter('{ detectors: [env, system], system: { hostname_sources: [os] } }');
    assert.deepEqual([after['host.name'], after['team'], after['os.type']], ['from-env', 'core', 'linux']);
  } finally {
    delete process.env['OTEL_RESOURCE_ATTRIBUTES'];
  }
});

void test('nothing found out leaves batches as they are', async () => {
  const { processor, next } = running(resourceDetection, '{}');
  await processor.start();
  const batch = batchOfJson('traces', REQUEST);
  await processor.consume(batch);
  assert.equal(next.batches[0], batch);
  await processor.stop(AbortSignal.timeout(1_000));
});

void test('a detector that fails fails the start', async () => {
  process.env['OTEL_RESOURCE_ATTRIBUTES'] = 'nonsense';
  try {
    const { processor } = running(resourceDetection, '{}');
    await assert.rejects(processor.start(), (error) => error instanceof AgentError && error.code === 'START_FAILED');
    await processor.stop(AbortSignal.timeout(1_000));
  } finally {
    delete process.env['OTEL_RESOURCE_ATTRIBUTES'];
  }
});

void test("the collector's detectors that are not here are told from those that do not exist, sections as well", () => {
  const refused = (yaml: string, reason: RegExp): void => {
    assert.throws(() => settingsOf(resourceDetection.config, yaml), reason, yaml);
  };
  refused(
    '{ detectors: [eks] }',
    /a detector of the collector's that is not available here.*expected one of env, system/,
  );
  refused('{ detectors: [k8s_api] }', /k8s reads what the downward API hands the pod/);
  refused('{ detectors: [evil] }', /is no detector; expected one of env/);
  refused('{ detectors: [] }', /expected at least 1/);
  refused('{ consul: { address: a } }', /the settings of one of the collector's detectors/);
  refused('{ ec2: { tags: [a] } }', /set tags_from_imds: true/);
  refused('{ ec2: { tags: ["("], tags_from_imds: true } }', /not a regular expression/);
  refused('{ gcp: { labels: [a] } }', /not available here/);
  refused('{ timeout: 0s }', /retry::max_elapsed_time must be/);
  assert.deepEqual(settingsOf(resourceDetection.config, '{ detectors: [" env", "system "] }').detectors, [
    'env',
    'system',
  ]);
});

void test('a resource without a schema URL gets that of the detectors; one that has its own keeps it', async () => {
  const own = 'https://example.com/schemas/1';
  const scopes = { scopeSpans: [{ spans: [{ name: 'a' }] }] };
  const request = {
    resourceSpans: [
      { resource: { attributes: [] }, ...scopes },
      { resource: { attributes: [] }, ...scopes, schemaUrl: own },
      { ...scopes, schemaUrl: '' },
    ],
  };
  const urls = async (detectors: string): Promise<unknown[]> => {
    const yaml = `{ detectors: [${detectors}], system: { hostname_sources: [os] } }`;
    const { processor, next } = running(resourceDetection, yaml);
    await processor.start();
    await processor.consume(batchOfJson('traces', request));
    await processor.stop(AbortSignal.timeout(1_000));
    // The official message's shape.
    const { resourceSpans } = decoded(next.batches[0]) as { resourceSpans: { schemaUrl?: string }[] };
    return resourceSpans.map(({ schemaUrl }) => schemaUrl || undefined);
  };
  const detected = 'https://opentelemetry.io/schemas/1.40.0';
  assert.deepEqual(await urls('system'), [detected, own, detected]);
  assert.deepEqual(await urls('env'), [undefined, own, undefined]);
});
