import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComponentState, StatusName } from '../../../pipeline/component.ts';
import { aggregateHealth, type ErrorPriority, healthOf } from '../../../pipeline/health/aggregate.ts';
import { PIPELINES } from '../../extensions/running-context.ts';

/** [component, status, since, pipeline?] */
type Row = readonly [string, StatusName, number, string?];

function health(rows: readonly Row[], priority: ErrorPriority = 'permanent') {
  const states = rows.map(([component, status, sinceUnixMs, pipeline]): ComponentState => ({
    component,
    status,
    sinceUnixMs,
    reason: `${component} is ${status}`,
    ...(pipeline === undefined ? {} : { pipeline }),
  }));
  return aggregateHealth({ states: () => states, pipelines: () => PIPELINES, startedUnixMs: 7 }, priority);
}

void test('nothing has reported: None since the start', () => {
  const { status, sinceUnixMs, parts } = health([]);
  assert.deepEqual([status, sinceUnixMs, parts.size], ['None', 7, 0]);
});

void test('one status everywhere is the status, as young as the last change', () => {
  const { status, sinceUnixMs } = health([
    ['receiver:otlp', 'OK', 1],
    ['exporter:debug', 'OK', 3],
    ['connector:count', 'OK', 2],
  ]);
  assert.deepEqual([status, sinceUnixMs], ['OK', 3]);
});

// The table of contrib's aggregation test.
void test('what comes before what', () => {
  const everything: readonly StatusName[] = [
    'FatalError',
    'Starting',
    'Stopping',
    'Stopped',
    'PermanentError',
    'RecoverableError',
    'OK',
  ];
  const expected: readonly [StatusName, StatusName][] = [
    ['FatalError', 'FatalError'],
    ['Starting', 'Starting'],
    ['Stopping', 'Stopping'],
    ['Stopping', 'Stopping'],
    ['PermanentError', 'RecoverableError'],
    ['RecoverableError', 'RecoverableError'],
    ['OK', 'OK'],
  ];
  for (const [index, [permanent, recoverable]] of expected.entries()) {
    const rest = everything.slice(index);
    // The stopped alone would be Stopped.
    const rows = rest.map((status, at): Row => [`processor:p${at}`, status, at, 'metrics']);
    assert.equal(health(rows, 'permanent').status, permanent);
    assert.equal(health(rows, 'recoverable').status, recoverable);
  }
  assert.equal(health([['extension:a', 'Stopped', 1]]).status, 'Stopped');
});

void test('while only extensions have started, the whole is starting', () => {
  const whole = health([['extension:zpages', 'OK', 1]]);
  assert.deepEqual([whole.status, healthOf(whole, 'extensions')?.status], ['Starting', 'OK']);
});

void test('an error is as old as its first occurrence, and carries its reason up', () => {
  const whole = health([
    ['receiver:otlp', 'OK', 9],
    ['processor:batch', 'RecoverableError', 5, 'traces/front'],
    ['exporter:otlp_http/far', 'RecoverableError', 3],
    ['exporter:debug', 'OK', 4],
  ]);
  assert.deepEqual([whole.status, whole.sinceUnixMs], ['RecoverableError', 3]);
  assert.equal(whole.reason, 'exporter:otlp_http/far is RecoverableError');
  assert.equal(healthOf(whole, 'metrics')?.status, 'OK');
  assert.equal(healthOf(whole, 'extensions'), undefined);
  assert.equal(healthOf(whole, 'traces'), undefined);
});

void test('a connector is part of both its pipelines, a processor of its own', () => {
  const whole = health([
    ['connector:count', 'OK', 1],
    ['processor:batch', 'OK', 1, 'traces/front'],
    ['processor:batch', 'OK', 1, 'elsewhere'],
    ['extension:zpages', 'OK', 1],
  ]);
  assert.deepEqual(
    [...whole.parts].map(([name, { parts }]) => [name, [...parts.keys()]]),
    [
      ['pipeline:traces/front', ['connector:count', 'processor:batch']],
      ['pipeline:metrics', ['connector:count']],
      ['extensions', ['extension:zpages']],
    ],
  );
});
