// The judge of chaos, and what a seed decides: without processes, so that it runs with everything else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Collector, Folder, NAME, openedLog, storageAt, until } from '../../support/storing.ts';
import { tracesBatch } from '../../support/requests.ts';
import { joinChunks } from '../../../pipeline/batch.ts';
import { damageQueue } from './damage.ts';
import { numbersIn } from './numbers.ts';
import { LANES, planOf } from './plan.ts';
import { judge, type Evidence } from './verdict.ts';

const FINE: Evidence = {
  sent: [{ first: 1, count: 3, outcome: 'acknowledged', sentMs: 0, answeredMs: 10 }],
  lines: [
    { request: '1.1', atMs: 20, mode: 'good', taken: [1, 2, 3], rejected: [] },
    { answered: '1.1', atMs: 21 },
  ],
  damages: [],
  troubles: [],
  announcedDuplicates: 0,
  toldLost: 1,
  startMs: 0,
};
const AGAIN: Evidence['lines'] = [
  ...FINE.lines,
  { request: '2.1', atMs: 5_000, mode: 'good', taken: [2], rejected: [] },
  { answered: '2.1', atMs: 5_001 },
];
const REJECTED: Evidence['lines'] = [{ request: '1.1', atMs: 20, mode: 'partial', taken: [1, 2], rejected: [3] }];
const NONE: Evidence['lines'] = [{ request: '1.1', atMs: 20, mode: 'good', taken: [1], rejected: [3] }];

function violations(evidence: Partial<Evidence>): readonly string[] {
  return judge({ ...FINE, ...evidence }).violations;
}

void test('what arrived once is fine; what is missing or invented is not, unless there is a reason', () => {
  assert.deepEqual(violations({}), []);
  assert.match(violations({ lines: NONE }).join(), /^1 acknowledged items are missing: 2 \(acknowledged at 0.010 s\)$/);
  const told = /^1 acknowledged items were rejected by the sink; the agent's log tells of 0$/;
  assert.match(violations({ lines: REJECTED, toldLost: 0 }).join(), told);
  assert.deepEqual(violations({ lines: REJECTED }), []);
  const damage = { what: 'body', file: 'x', lost: [2], isForgetful: false, atMs: 30 };
  assert.deepEqual(violations({ lines: NONE, damages: [damage] }), []);
  assert.match(violations({ sent: [] }).join(), /^3 items were never sent: 1, 2, 3$/);
});

void test('what was refused may not arrive, and nothing may be rejected for good', () => {
  const [one] = FINE.sent;
  assert.ok(one);
  assert.match(violations({ sent: [{ ...one, outcome: 'refused' }] }).join(), /^3 refused items arrived/);
  assert.match(
    violations({ sent: [{ ...one, outcome: 'rejected', detail: '400' }] }).join(),
    /1 requests were rejected for good: 400/,
  );
});

void test('a duplicate is explained by a lost answer or an announced crash, and by nothing else', () => {
  assert.match(violations({ lines: AGAIN }).join(), /^1 items came twice without a reason: 2/);
  assert.deepEqual(violations({ lines: AGAIN, troubles: [{ kind: 'network', fromMs: 0, toMs: 100 }] }), []);
  assert.deepEqual(violations({ lines: AGAIN.filter((line) => !('answered' in line)) }), []);
  const troubles: Evidence['troubles'] = [{ kind: 'killed', fromMs: 100, toMs: 101 }];
  assert.match(violations({ lines: AGAIN, troubles }).join(), /because of a crash; the agent announced at most 0/);
  assert.deepEqual(violations({ lines: AGAIN, troubles, announcedDuplicates: 1 }), []);
});

void test('a seed always decides the same, and seeds together try every fault', () => {
  assert.deepEqual(planOf(7), planOf(7));
  const seen = new Set<string>();
  for (let seed = 1; seed <= 100; seed += 1) {
    const { lanes, network, workers, protocol } = planOf(seed);
    for (const lane of LANES) for (const { kind, mode } of lanes[lane]) seen.add(mode ?? kind);
    seen.add(network).add(`${workers}`).add(protocol);
  }
  const faults =
    'kill terminate freeze damage reload unavailable throttling slow silent resetting rejecting partial cut stall half-close fill step';
  for (const one of [
    ...faults.split(' '),
    'bad reload',
    'kill in start',
    'kill in reload',
    'kill in stop',
    'veth',
    'proxy',
    '1',
    '2',
    'grpc',
    'http',
  ]) {
    assert.ok(seen.has(one), one);
  }
});

void test('only what was in the damaged record may be missing, wherever the damage is', async () => {
  using folder = new Folder();
  const { log } = await openedLog(folder);
  for (let index = 0; index < 4; index += 1) await log.append(tracesBatch(2, 1 + 2 * index));
  const kinds = new Set<string>();
  for (let step = 0; step < 40; step += 1) {
    using crashed = folder.crashed();
    const damage = damageQueue(crashed.path, step / 40);
    if (!damage) continue;
    kinds.add(damage.what);
    const holder = new Collector();
    const after = await storageAt(crashed).openLog(NAME, holder);
    after.start();
    await until(() => after.pending.requests === holder.records.length);
    const found = holder.records.flatMap(({ batch }) => numbersIn(joinChunks(batch)));
    const expected = [1, 2, 3, 4, 5, 6, 7, 8].filter((number) => !damage.lost.includes(number));
    assert.deepEqual(found, expected, `${damage.what} at ${step}`);
    await after.release();
  }
  assert.equal(kinds.size, 7);
  await log.release();
});
