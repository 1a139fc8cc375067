// What every component has to do, whatever it is for: the contract of pipeline/component.ts and pipeline/delivery.ts, held
// to each component of the registry with the example of its own declaration.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { COMPONENTS, registry } from '../cmd/registry.ts';
import { describeSchema } from '../cmd/scripts/schema-rows.ts';
import type {
  Component,
  ComponentContext,
  ComponentKind,
  Declaration,
  ExtensionDeclaration,
  Outputs,
} from '../pipeline/component.ts';
import { Refused, Rejected, type Consumer } from '../pipeline/delivery.ts';
import { AgentError } from '../pipeline/errors.ts';
import { SIGNALS, type Signal } from '../pipeline/signal.ts';
import { runningContext } from './extensions/running-context.ts';
import { Collector, opened, testContext, type TestContext } from './support/context.ts';
import { EVERY_SIGNAL, ITEMS } from './support/every-signal.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'component-suite-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The example's sections, made fit for a machine where its ports are taken and its folders do not exist. */
function elsewhere(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => elsewhere(one));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, elsewhere(inner, name)]));
  }
  if (typeof value !== 'string') return value;
  if ((key === 'path' || key === 'directory') && /^\.?\//.test(value)) return path.join(folder, path.basename(value));
  return value.replace(/^(?:localhost|0\.0\.0\.0|127\.0\.0\.1):\d+$/, 'localhost:0');
}

function configurationOf(declaration: Declaration): unknown {
  const example: unknown = parse(declaration.example);
  assert.ok(typeof example === 'object' && example !== null);
  return declaration.config.parse(elsewhere(Object.values(example)[0] ?? {}));
}

/** The signals that can be given to a component, and for what it makes of them. */
function signalsOf(declaration: Declaration): readonly Signal[] {
  if (declaration.kind === 'extension') return [];
  const declared = declaration.kind === 'connector' ? declaration.pairs : declaration.signals;
  return SIGNALS.filter((signal) => declared[signal] !== undefined);
}

interface Made {
  readonly component: Component;
  readonly context: TestContext | undefined;
}

function create(declaration: Declaration, next: Consumer, signal: Signal = 'traces'): Made {
  const configuration = configurationOf(declaration);
  const { kind, type: id } = declaration;
  if (declaration.kind === 'extension') {
    return { component: declaration.create(configuration, runningContext(id).context), context: undefined };
  }
  const made = testContext({ kind, id, realTime: true });
  const component = createInPipeline(declaration, configuration, made.context, signal, next);
  return { component, context: made };
}

function createInPipeline(
  declaration: Exclude<Declaration, ExtensionDeclaration>,
  configuration: unknown,
  context: ComponentContext,
  signal: Signal,
  next: Consumer,
): Component {
  if (declaration.kind === 'processor') return declaration.create(configuration, context, signal, next);
  if (declaration.kind === 'exporter') return declaration.create(configuration, context);
  const outputs: Outputs = Object.fromEntries(SIGNALS.map((one) => [one, next]));
  if (declaration.kind === 'receiver') return declaration.create(configuration, context, outputs);
  return declaration.create(configuration, context, outputs, new Map(SIGNALS.map((one) => [one, next])));
}

/** Whether the example can be used for a signal: some settings fit some signals only, which the component says itself. */
function isFor(declaration: Declaration, signal: Signal): boolean {
  try {
    create(declaration, new Collector(), signal);
    return true;
  } catch (error) {
    if (error instanceof AgentError && error.code === 'CONFIG_VALUE_INVALID') return false;
    throw error;
  }
}

function isConsumer(component: Component): component is Component & Consumer {
  return 'consume' in component;
}

/** What keeps the process alive, by kind; sockets that close in the background get a moment to do so. */
async function handlesAfterAWhile(before: readonly string[]): Promise<string[]> {
  for (let turn = 0; turn < 40; turn += 1) {
    if (process.getActiveResourcesInfo().length <= before.length) return [];
    await sleep(25);
  }
  const left = process.getActiveResourcesInfo();
  for (const one of before) left.splice(left.indexOf(one), left.includes(one) ? 1 : 0);
  return left;
}

/** How a delivery ended; anything but the two errors of the contract is a failure of the test. */
async function outcome(delivery: Promise<void>): Promise<'taken' | 'refused' | 'rejected'> {
  try {
    await delivery;
    return 'taken';
  } catch (error) {
    if (error instanceof Refused) return 'refused';
    assert.ok(error instanceof Rejected, `failed with ${String(error)}, neither Refused nor Rejected`);
    assert.ok(error.count > 0 && error.count <= ITEMS);
    return 'rejected';
  }
}

/** Aborts soon enough that nothing that has nowhere to go holds the suite up. */
const deadline = (): AbortSignal => AbortSignal.timeout(100);

async function whole(made: Made, use: (component: Component) => Promise<void>): Promise<void> {
  await made.component.start();
  try {
    await use(made.component);
  } finally {
    await made.component.stop(deadline());
  }
}

const declarations: Declaration[] = [];
// The keys are exactly the kinds.
for (const kind of Object.keys(COMPONENTS) as ComponentKind[]) {
  for (const type of registry.known(kind)) {
    const declaration = await registry.find(kind, type);
    if (declaration) declarations.push(declaration);
  }
}

for (const declaration of declarations) {
  const { kind, type } = declaration;
  void describe(`${kind} ${type}`, () => {
    const signals = signalsOf(declaration).filter((signal) => isFor(declaration, signal));

    void test('its example can be used', () => {
      assert.ok(signals.length > 0 || kind === 'extension');
    });

    void test('every setting says what it means', () => {
      const silent = describeSchema(declaration.config).filter(({ description }) => description.trim() === '');
      assert.deepEqual(
        silent.map((row) => row.path),
        [],
      );
    });

    void test('starts, stops, and leaves nothing open', async () => {
      const before = process.getActiveResourcesInfo();
      const { component } = create(declaration, new Collector());
      await component.start();
      await component.refresh?.();
      await component.stop(deadline());
      await component.stop(deadline());
      assert.deepEqual(await handlesAfterAWhile(before), []);
    });

    void test('stops without having started, and under a deadline that is over', async () => {
      const before = process.getActiveResourcesInfo();
      await create(declaration, new Collector()).component.stop(AbortSignal.abort());
      const { component } = create(declaration, new Collector());
      await component.start();
      await component.stop(AbortSignal.abort());
      assert.deepEqual(await handlesAfterAWhile(before), []);
    });

    if (kind === 'receiver' || kind === 'extension') return;

    for (const signal of signals) {
      void test(`answers a batch of ${signal}, and accounts for what it does not hand on`, async () => {
        const next = new Collector();
        const made = create(declaration, next, signal);
        let ended: string | undefined;
        await whole(made, async (component) => {
          assert.ok(isConsumer(component));
          const delivery = outcome(component.consume(EVERY_SIGNAL[signal]));
          void delivery.then((how) => {
            ended = how;
          });
          // A processor or connector answers once what is next has; an exporter without destination may keep trying.
          if (kind !== 'exporter') await delivery;
        });
        await sleep(0);
        assert.ok(ended !== undefined, 'stopped without answering');
        const dropped = made.context?.drops().reduce((sum, drop) => sum + drop.count, 0) ?? 0;
        if (kind === 'processor' && ended === 'taken') assert.equal(next.items + dropped, ITEMS);
        if (ended !== 'taken') assert.equal(dropped, 0, 'answered "not taken" and dropped it as well');
      });

      if (kind === 'exporter') continue;

      void test(`hands on that ${signal} are refused or rejected further on`, async () => {
        for (const error of [new Refused('busy'), new Rejected('nonsense', { count: 1 })]) {
          const next = new Collector();
          let asked = 0;
          next.fail = () => {
            asked += 1;
            return error;
          };
          const made = create(declaration, next, signal);
          await whole(made, async (component) => {
            assert.ok(isConsumer(component));
            const ended = await outcome(component.consume(EVERY_SIGNAL[signal]));
            if (asked > 0) assert.equal(ended, error instanceof Refused ? 'refused' : 'rejected');
          });
        }
      });

      void test(`stops while ${signal} are held up further on`, async () => {
        const gate = opened();
        const next = new Collector();
        next.gate = gate.promise;
        const { component } = create(declaration, next, signal);
        await component.start();
        assert.ok(isConsumer(component));
        const delivery = outcome(component.consume(EVERY_SIGNAL[signal]));
        await component.stop(deadline());
        gate.open();
        await delivery;
      });
    }
  });
}
