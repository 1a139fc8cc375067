import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { AgentError } from '../../../pipeline/errors.ts';
import { MetricStore } from '../../../pipeline/own-telemetry/metric-store.ts';
import type { ConfigurationSources } from '../../../pipeline/threads/messages.ts';
import { ThreadTeam } from '../../../pipeline/threads/thread-team.ts';

const SOURCES: ConfigurationSources = { uris: [], sets: [], env: {}, featureGates: '', texts: new Map() };

/**
 * A thread that notes what it is asked and tells it as log lines. `refuses` fails every `prepare`; `dies` ends at the
 * first question.
 */
const SCRIPT = `
const { parentPort, workerData } = require('node:worker_threads');
const { refuses, dies } = workerData.behaviour;
parentPort.on('message', ({ request, name }) => {
  if (dies) throw new Error('out of luck');
  parentPort.postMessage({ news: 'log', level: 'info', own: { asked: name }, line: {}, message: 'asked' });
  if (name === 'prepare' && refuses) {
    const error = { code: 'LISTEN_FAILED', message: 'no room', component: 'receiver:otlp', mend: 'make room' };
    return parentPort.postMessage({ answerTo: request, errors: [error] });
  }
  const value = name === 'tell' ? { families: [], flow: [] } : name === 'drops' ? [] : undefined;
  parentPort.postMessage({ answerTo: request, value });
  if (name === 'stop') setImmediate(() => parentPort.close());
});
`;

interface Behaviour {
  readonly refuses?: boolean;
  readonly dies?: boolean;
}

function teamOf(behaviours: readonly Behaviour[]) {
  const asked: string[] = [];
  const fatal: string[] = [];
  const nothing = (): void => undefined;
  const team = new ThreadTeam({
    threads: behaviours.length,
    setup: {
      logLevel: 'info',
      metricsLevel: 'normal',
      metricViews: [],
      traces: undefined,
      admission: { limitBytes: 1, shared: new SharedArrayBuffer(4) },
      maxConnections: 1,
      drainTimeoutMs: 5_000,
    },
    spawn: (setup) =>
      new Worker(SCRIPT, { eval: true, workerData: { ...setup, behaviour: behaviours[setup.thread - 1] } }),
    logs: {
      root: { debug: nothing, info: nothing, warn: nothing, error: nothing },
      child: (own) => ({
        debug: nothing,
        info: () => asked.push(`${own['thread']} ${own['asked']}`),
        warn: nothing,
        error: nothing,
      }),
    },
    store: new MetricStore('normal'),
    onSpan: nothing,
    onFatal: (component, reason) => fatal.push(`${component}: ${reason}`),
  });
  const exchanges = (): string[] => asked.filter((line) => !line.endsWith('tell')).toSorted();
  return { team, exchanges, fatal };
}

void test('what all threads could prepare is committed in all', async () => {
  const { team, exchanges, fatal } = teamOf([{}, {}]);
  await team.prepare({ sources: SOURCES, memory: new Map() });
  await team.commit();
  await team.stop();
  assert.deepEqual(exchanges(), ['1 commit', '1 prepare', '1 stop', '2 commit', '2 prepare', '2 stop']);
  assert.deepEqual(fatal, []);
});

void test('what one thread could not prepare is undone in the others, and its error is the reason', async () => {
  const { team, exchanges } = teamOf([{}, { refuses: true }, {}]);
  await assert.rejects(team.prepare({ sources: SOURCES, memory: new Map() }), (error: unknown) => {
    assert(error instanceof AgentError);
    assert.deepEqual(
      [error.code, error.message, error.component, error.mend],
      ['LISTEN_FAILED', 'no room', 'receiver:otlp', 'make room'],
    );
    return true;
  });
  await team.stop();
  assert.deepEqual(
    exchanges().filter((line) => !line.endsWith('stop')),
    ['1 abort', '1 prepare', '2 prepare', '3 abort', '3 prepare'],
  );
});

void test('a thread that dies is fatal for the agent, and nobody waits for its answers', async () => {
  const { team, fatal } = teamOf([{ dies: true }]);
  await assert.rejects(team.prepare({ sources: SOURCES, memory: new Map() }), /data thread 1 ended/);
  assert.match(fatal[0] ?? '', /thread:1: Error: out of luck/);
  await team.stop();
});
