import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { Admission } from '../../../pipeline/admission.ts';
import { NO_CLIENT } from '../../../pipeline/batch.ts';
import {
  defineConnector,
  defineExporter,
  defineProcessor,
  defineReceiver,
  type Declaration,
  type EngineView,
  type Outputs,
} from '../../../pipeline/component.ts';
import { loadConfiguration } from '../../../pipeline/config/load.ts';
import type { AgentConfiguration } from '../../../pipeline/config/configuration.ts';
import { AgentError } from '../../../pipeline/errors.ts';
import { Engine } from '../../../pipeline/graph/engine.ts';
import { planGraph } from '../../../pipeline/graph/plan.ts';
import { SharedListenerPool } from '../../../pipeline/listener-pool.ts';
import { SharedMemory } from '../../../pipeline/shared-memory.ts';
import { testContext } from '../../support/context.ts';
import { tracesBatch } from '../../support/requests.ts';

/** What the components of a test have done, in order. */
class Journal {
  readonly lines: string[] = [];
  /** By receiver id: where it sends. */
  readonly outputs = new Map<string, Outputs>();
  failStart: string | undefined;

  component(name: string) {
    return {
      start: async () => {
        this.lines.push(`start ${name}`);
        if (this.failStart === name) throw new Error('it can not');
      },
      stop: async () => {
        this.lines.push(`stop ${name}`);
      },
    };
  }
}

const open = z.object({ value: z.number().default(0) });

/** Components that only keep a journal, found under their type. */
function registryOf(journal: Journal) {
  const declarations: readonly Declaration[] = [
    defineReceiver({
      type: 'source',
      signals: { traces: 'beta', logs: 'beta' },
      summary: 'A source.',
      config: open,
      example: 'source:\n',
      create: (config, context, outputs) => {
        journal.outputs.set(context.id, outputs);
        return journal.component(`${context.id}=${config.value}`);
      },
    }),
    defineProcessor({
      type: 'pass',
      signals: { traces: 'beta', logs: 'beta' },
      summary: 'Passes on.',
      config: open,
      example: 'pass:\n',
      create: (config, context, _signal, next) => ({
        ...journal.component(`${context.id}@${context.pipeline}=${config.value}`),
        consume: (batch) => {
          journal.lines.push(`through ${context.id}=${config.value}`);
          return next.consume(batch);
        },
      }),
    }),
    defineExporter({
      type: 'target',
      signals: { traces: 'beta', logs: 'beta' },
      summary: 'A target.',
      config: open,
      example: 'target:\n',
      create: (config, context) => ({
        ...journal.component(`${context.id}=${config.value}`),
        consume: (batch) => {
          journal.lines.push(`${context.id}=${config.value} takes ${batch.items}`);
          return Promise.resolve();
        },
      }),
    }),
    defineConnector({
      type: 'bridge',
      pairs: { traces: { traces: 'beta', logs: 'beta' }, logs: { traces: 'beta' } },
      summary: 'A bridge.',
      config: open,
      example: 'bridge:\n',
      create: (config, context, outputs) => ({
        ...journal.component(`${context.id}=${config.value}`),
        consume: (batch) => outputs.traces?.consume(batch) ?? Promise.resolve(),
      }),
    }),
  ];
  return {
    find: async (kind: string, type: string) => declarations.find((one) => one.kind === kind && one.type === type),
    known: (kind: string) => declarations.filter((one) => one.kind === kind).map((one) => one.type),
  };
}

async function configure(journal: Journal, config: object): Promise<AgentConfiguration> {
  const loaded = await loadConfiguration({
    uris: [`yaml:${JSON.stringify(config)}`],
    env: {},
    registry: registryOf(journal),
  });
  assert.deepEqual(loaded.errors.map(String), []);
  assert.ok(loaded.config);
  return loaded.config;
}

function engineFor(fatal: string[] = []): Engine {
  const { context } = testContext({ kind: 'receiver', id: 'engine' });
  return new Engine({
    services: {
      log: () => context.log,
      metrics: () => context.metrics,
      drops: context.drops,
      admission: new Admission(1 << 20),
      listeners: new SharedListenerPool(),
      memory: new SharedMemory(),
      now: Date.now,
      steadyNow: () => performance.now(),
      random: () => 0.5,
    },
    // No extension runs here that could ask.
    view: () => ({}) as EngineView,
    onFatal: (component, reason) => fatal.push(`${component}: ${reason}`),
    drainTimeoutMs: 1_000,
  });
}

const TWO_STAGES = {
  receivers: { source: {} },
  processors: { pass: { value: 1 } },
  exporters: { target: {} },
  service: { pipelines: { traces: { receivers: ['source'], processors: ['pass'], exporters: ['target'] } } },
};

function send(journal: Journal, count: number): Promise<void> | undefined {
  return journal.outputs.get('source')?.traces?.consume({ ...tracesBatch(count), context: NO_CLIENT });
}

void test('everything starts against the flow and stops with it', async () => {
  const journal = new Journal();
  const engine = engineFor();
  await engine.start(await configure(journal, TWO_STAGES));
  await send(journal, 3);
  await engine.stop(AbortSignal.timeout(1_000));
  assert.deepEqual(journal.lines, [
    'start target=0',
    'start pass@traces=1',
    'start source=0',
    'through pass=1',
    'target=0 takes 3',
    'stop source=0',
    'stop pass@traces=1',
    'stop target=0',
  ]);
  assert.ok(engine.status.all().every(({ status }) => status === 'Stopped'));
});

void test('a reload keeps what is the same, starts the new before it stops the old, and turns the joints', async () => {
  const journal = new Journal();
  const engine = engineFor();
  await engine.start(await configure(journal, TWO_STAGES));
  journal.lines.length = 0;
  const change = await engine.apply(await configure(journal, { ...TWO_STAGES, processors: { pass: { value: 2 } } }));
  assert.deepEqual(change, { kept: 2, started: ['processor:pass@traces'], stopped: ['processor:pass@traces'] });
  await send(journal, 1);
  assert.deepEqual(journal.lines, ['start pass@traces=2', 'stop pass@traces=1', 'through pass=2', 'target=0 takes 1']);
});

void test('a reload that fails to start changes nothing', async () => {
  const journal = new Journal();
  const engine = engineFor();
  await engine.start(await configure(journal, TWO_STAGES));
  journal.lines.length = 0;
  journal.failStart = 'target/new=0';
  const broken = {
    ...TWO_STAGES,
    processors: { pass: { value: 7 } },
    exporters: { target: {}, 'target/new': {} },
    service: {
      pipelines: { traces: { receivers: ['source'], processors: ['pass'], exporters: ['target', 'target/new'] } },
    },
  };
  await assert.rejects(
    engine.apply(await configure(journal, broken)),
    (error) => error instanceof AgentError && error.component === 'exporter:target/new',
  );
  await send(journal, 1);
  assert.deepEqual(journal.lines.slice(-2), ['through pass=1', 'target=0 takes 1']);
  assert.ok(journal.lines.includes('stop target/new=0'), 'what was started is stopped again');
  assert.ok(engine.status.all().every(({ status }) => status === 'OK'));
});

void test('pipelines that come and go, fan-out and connectors', async () => {
  const journal = new Journal();
  const engine = engineFor();
  await engine.start(
    await configure(journal, {
      receivers: { source: {} },
      exporters: { target: {}, 'target/b': {} },
      connectors: { bridge: {} },
      service: {
        pipelines: {
          traces: { receivers: ['source'], exporters: ['bridge', 'target'] },
          'traces/behind': { receivers: ['bridge'], exporters: ['target/b'] },
        },
      },
    }),
  );
  journal.lines.length = 0;
  await send(journal, 2);
  assert.deepEqual(journal.lines.toSorted(), ['target/b=0 takes 2', 'target=0 takes 2']);
  await engine.apply(await configure(journal, TWO_STAGES));
  journal.lines.length = 0;
  await send(journal, 2);
  assert.deepEqual(journal.lines, ['through pass=1', 'target=0 takes 2']);
});

void test('a circle of connectors is refused with its path', async () => {
  const journal = new Journal();
  const configuration = await configure(journal, {
    receivers: { source: {} },
    exporters: { target: {} },
    connectors: { 'bridge/a': {}, 'bridge/b': {} },
    service: {
      pipelines: {
        'traces/in': { receivers: ['source', 'bridge/b'], exporters: ['bridge/a'] },
        'traces/out': { receivers: ['bridge/a'], exporters: ['bridge/b', 'target'] },
      },
    },
  });
  assert.throws(
    () => planGraph(configuration),
    (error) =>
      error instanceof AgentError &&
      error.code === 'GRAPH_CYCLE' &&
      error.message.includes(
        'pipeline "traces/in" → connector "bridge/a" → pipeline "traces/out" → connector "bridge/b" → pipeline "traces/in"',
      ),
  );
});

void test('a component that fails for good tells the agent', async () => {
  const fatal: string[] = [];
  const engine = engineFor(fatal);
  engine.status.restart('receiver:source');
  engine.status.set('receiver:source', 'FatalError', 'the disk is gone');
  assert.deepEqual(fatal, ['receiver:source: the disk is gone']);
  engine.status.set('receiver:source', 'OK');
  assert.equal(engine.status.get('receiver:source'), 'FatalError', 'and stays failed');
});
