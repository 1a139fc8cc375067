// What processors cost on the request of the other benches: 100 spans, 36 KB.
// Run: node bench/processors.ts

import { registry } from '../cmd/registry.ts';
import { batchOf } from '../pipeline/batch.ts';
import type { ComponentContext, ProcessorDeclaration } from '../pipeline/component.ts';
import { OwnTelemetry } from '../pipeline/own-telemetry/own-telemetry.ts';
import { ownResource } from '../pipeline/own-telemetry/settings.ts';
import { Admission } from '../pipeline/admission.ts';
import { SharedListenerPool } from '../pipeline/listener-pool.ts';
import { encode } from '../test/proto/reference.ts';
import { spansRequest } from './proto-request.ts';

const ROUNDS = 7;
const TIMES = 4_000;
const SPANS = 100;

const CASES: readonly (readonly [string, string, unknown])[] = [
  [
    'resource: 2 upserts',
    'resource',
    {
      attributes: [
        { key: 'deployment.environment.name', value: 'production', action: 'upsert' },
        { key: 'host.name', value: 'host-2', action: 'upsert' },
      ],
    },
  ],
  [
    'attributes: upsert and insert on every span',
    'attributes',
    {
      actions: [
        { key: 'environment', value: 'production', action: 'insert' },
        { key: 'http.request.method', value: 'POST', action: 'upsert' },
      ],
    },
  ],
  [
    'attributes: upsert and delete on every span',
    'attributes',
    {
      actions: [
        { key: 'environment', value: 'production', action: 'upsert' },
        { key: 'url.path', action: 'delete' },
      ],
    },
  ],
  [
    'attributes: one span in four to change',
    'attributes',
    {
      actions: [
        { key: 'http.request.method', value: 'GET', action: 'upsert' },
        { key: 'url.path', value: '/', action: 'insert' },
      ],
    },
  ],
  [
    'attributes: nothing to change',
    'attributes',
    {
      actions: [
        { key: 'server.address', value: 'shop.example.com', action: 'upsert' },
        { key: 'url.path', value: '/', action: 'insert' },
      ],
    },
  ],
  ['attributes: delete by pattern', 'attributes', { actions: [{ pattern: '^server[.]', action: 'delete' }] }],
  ['probabilistic_sampler: hash_seed 25 %', 'probabilistic_sampler', { sampling_percentage: 25 }],
  [
    'probabilistic_sampler: proportional 25 %',
    'probabilistic_sampler',
    { sampling_percentage: 25, mode: 'proportional' },
  ],
];

const telemetry = new OwnTelemetry({
  settings: { logs: { output_paths: [] } },
  resource: ownResource({ version: '0', instanceId: 'bench' }),
  now: Date.now,
  sampleTraceIds: () => [],
});

function contextOf(id: string): ComponentContext {
  return {
    id,
    kind: 'processor',
    pipeline: 'traces',
    log: telemetry.loggerFor({ kind: 'processor', id }),
    metrics: telemetry.metricsFor('processor', id),
    drops: telemetry.drops,
    admission: new Admission(64 << 20),
    listeners: new SharedListenerPool(),
    now: Date.now,
    steadyNow: () => performance.now(),
    random: Math.random,
    status: () => undefined,
    extension: () => undefined,
  };
}

const request = encode('traces', spansRequest(SPANS));
const batch = batchOf('traces', request, SPANS);
const sink = { consume: (): Promise<void> => Promise.resolve() };

console.log(`${SPANS} spans, ${request.length} bytes, node ${process.version}, median of ${ROUNDS}`);
for (const [name, type, settings] of CASES) {
  // Safe: the registry gives processors for this kind.
  const declaration = (await registry.find('processor', type)) as ProcessorDeclaration;
  const processor = declaration.create(declaration.config.parse(settings), contextOf(type), 'traces', sink);
  const micros: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let time = 0; time < TIMES; time++) await processor.consume(batch);
    micros.push(Number(process.hrtime.bigint() - start) / 1000 / TIMES);
  }
  micros.sort((a, b) => a - b);
  console.log(`${name}: ${(micros[ROUNDS >> 1] ?? 0).toFixed(1)} us a batch`);
}
process.exit(0);
