// What a tenant may use, on a clock that the test moves; and that nobody's greed costs others their fair part.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import * as fc from 'fast-check';
import { limitsOf, type Limits } from '../../../extensions/tenant_limits/config.ts';
import { Ledger, type LedgerEntry } from '../../../extensions/tenant_limits/ledger.ts';
import { Admission } from '../../../pipeline/admission.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const MEMORY = 64 << 20;

interface Book {
  readonly ledger: Ledger;
  readonly admission: Admission;
  readonly clock: { now: number };
  readonly table: SharedArrayBuffer;
  /** Another thread's, or a later instance's. */
  readonly another: () => Ledger;
}

function book(tenants = 10): Book {
  const clock = { now: Date.UTC(2026, 0, 2) };
  const admission = new Admission(MEMORY, new SharedArrayBuffer(4), () => clock.now);
  const table = new SharedArrayBuffer(Ledger.bytesFor(tenants));
  const another = (): Ledger => new Ledger(table, admission, () => clock.now);
  return { ledger: another(), admission, clock, table, another };
}

let keys = 0;

function tenant(settings: Parameters<typeof limitsOf>[0] = {}, key = (keys += 1)): LedgerEntry {
  return { key, limits: limitsOf(settings), isListed: false, row: 0, borrowed: 0 };
}

function withLimits(entry: LedgerEntry, limits: Limits): LedgerEntry {
  return { key: entry.key, limits, isListed: false, row: 0, borrowed: 0 };
}

/** How many requests are let in. */
function enterAll(ledger: Ledger, entry: LedgerEntry, requests: number): number {
  let count = 0;
  for (let turn = 0; turn < requests; turn += 1) if (ledger.enter(entry) === undefined) count += 1;
  return count;
}

void test('as many requests as the burst come at once, then as many as the rate', () => {
  const { ledger, clock } = book();
  const one = tenant({ requests_per_second: 10, request_burst: 20 });
  assert.equal(enterAll(ledger, one, 100), 20);
  assert.equal(ledger.enter(one), 'requests');
  assert.equal(ledger.waitMs, 100);
  clock.now += 100;
  assert.equal(enterAll(ledger, one, 5), 1);
  clock.now += 1_000;
  assert.equal(enterAll(ledger, one, 100), 10);
  clock.now += 3_600_000;
  assert.equal(enterAll(ledger, one, 100), 20, 'no more than the burst is saved up');
});

void test('who waits as long as told is let in', () => {
  fc.assert(
    fc.property(
      fc.record({ rate: fc.double({ min: 0.01, max: 1e5, noNaN: true }), burst: fc.nat(100) }),
      fc.array(fc.nat(50), { maxLength: 50 }),
      ({ rate, burst }, pauses) => {
        const { ledger, clock } = book();
        const one = tenant({
          requests_per_second: rate,
          request_burst: burst,
          bytes_per_second: Math.ceil(rate * 1_000),
          byte_burst: burst * 100,
        });
        for (const pause of pauses) {
          clock.now += pause;
          if (ledger.enter(one) !== undefined) {
            clock.now += ledger.waitMs;
            assert.equal(ledger.enter(one), undefined);
          }
          const bytes = 1 + pause * 40;
          if (ledger.take(one, bytes, 0) !== undefined) {
            clock.now += ledger.waitMs;
            assert.equal(ledger.take(one, bytes, 0), undefined);
          }
          ledger.release(one, bytes);
        }
      },
    ),
    { seed: 1 },
  );
});

void test('never more than burst and rate allow in any span of time', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.nat(200),
      fc.array(fc.nat(300), { maxLength: 40 }),
      (rate, burst, pauses) => {
        const { ledger, clock } = book();
        const one = tenant({ requests_per_second: rate, request_burst: burst });
        const start = clock.now;
        let count = 0;
        for (const pause of pauses) {
          clock.now += pause;
          count += enterAll(ledger, one, 50);
        }
        assert.ok(count <= one.limits.requestBurst + (rate * (clock.now - start)) / 1_000 + 1e-6);
      },
    ),
    { seed: 2 },
  );
});

void test('a body larger than the burst is slow, not impossible, whole or in parts', () => {
  const { ledger, clock } = book();
  const one = tenant({ bytes_per_second: 1_000 });
  assert.equal(ledger.take(one, 5_000, 0), undefined);
  assert.equal(ledger.take(one, 1, 0), 'bytes');
  assert.equal(ledger.waitMs, 4_001);
  assert.equal(ledger.take(one, 3_000, 0), 'bytes');
  assert.equal(ledger.waitMs, 5_000);
  clock.now += 5_000;
  for (let held = 0; held < 5_000; held += 500) assert.equal(ledger.take(one, 500, held), undefined);
  assert.equal(ledger.take(one, 500, 0), 'bytes', 'another body waits');
});

void test('bytes in flight are refused at their limit, until some are answered', () => {
  const { ledger } = book();
  const one = tenant({ bytes_in_flight: 1_000 });
  assert.equal(ledger.take(one, 600, 0), undefined);
  ledger.hold(one, 300);
  assert.equal(ledger.take(one, 200, 0), 'in_flight');
  assert.equal(ledger.remaining, 100);
  ledger.release(one, 300);
  assert.equal(ledger.take(one, 200, 0), undefined);
  ledger.release(one, 800);
  assert.equal(ledger.take(one, 5_000, 0), undefined, 'one alone may be larger');
});

void test('threads count together', () => {
  const { ledger, another } = book();
  const other = another();
  const key = 77;
  const settings = { requests_per_second: 10, bytes_in_flight: 1_000 };
  assert.equal(enterAll(ledger, tenant(settings, key), 7), 7);
  assert.equal(enterAll(other, tenant(settings, key), 7), 3);
  assert.equal(ledger.take(tenant(settings, key), 900, 0), undefined);
  assert.equal(other.take(tenant(settings, key), 900, 0), 'in_flight');
});

/** Enters and takes as often as it is told, and says how often it was let in. */
const COUNTING_THREAD = `
const { parentPort, workerData: { table, times, ledger, gate, threads } } = require('node:worker_threads');
import(ledger).then(({ Ledger }) => {
  const book = new Ledger(table, { limitBytes: 1e12, usedBytes: 0 }, () => 1000);
  const limits = { requestsPerS: 1, requestBurst: times, bytesPerS: 0, byteBurst: 0, bytesInFlight: 0, weight: 1 };
  const entry = { key: 5, limits, isListed: false, row: 0, borrowed: 0 };
  // All begin together, once each is there.
  Atomics.add(gate, 0, 1);
  while (Atomics.load(gate, 0) < threads);
  let count = 0;
  for (let turn = 0; turn < times; turn += 1) {
    if (book.enter(entry) === undefined) count += 1;
    if (book.take(entry, 7, 0) === undefined && turn % 2 === 0) book.release(entry, 7);
  }
  parentPort.postMessage(count);
});`;

void test('threads that count at the same moment lose nothing', async () => {
  const { ledger, table } = book();
  const times = 200_000;
  const threads = 3;
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const script = new URL('../../../extensions/tenant_limits/ledger.ts', import.meta.url);
  const workerData = { table, times, ledger: script.href, gate, threads };
  const workers = Array.from({ length: threads }, () => new Worker(COUNTING_THREAD, { eval: true, workerData }));
  let entered = 0;
  for (const [count] of await Promise.all(workers.map((worker) => once(worker, 'message')))) entered += Number(count);
  assert.equal(entered, times);
  const inFlight = (threads * times * 7) / 2;
  const one = tenant({ bytes_in_flight: inFlight + 10 }, 5);
  assert.equal(ledger.take(one, 11, 0), 'in_flight');
  assert.equal(ledger.remaining, 10);
  await Promise.all(workers.map((worker) => worker.terminate()));
});

void test('other limits go on with what was used: nobody waits longer than before, and what is in flight stays so', () => {
  const { ledger, clock, another } = book();
  const before = tenant({
    requests_per_second: 10,
    request_burst: 20,
    bytes_per_second: 1_000,
    bytes_in_flight: 1_000,
  });
  enterAll(ledger, before, 100);
  ledger.take(before, 1_000, 0);
  const later = another();
  for (const factor of [0.1, 1, 100]) {
    const after = withLimits(before, {
      requestsPerS: 10 * factor,
      requestBurst: 20 * factor,
      bytesPerS: 1_000 * factor,
      byteBurst: 1_000 * factor,
      bytesInFlight: 2_000,
      weight: 3,
    });
    assert.equal(later.enter(after), 'requests');
    assert.ok(later.waitMs <= 1_000, `${later.waitMs}`);
    assert.equal(later.take(after, 1, 0), 'bytes');
    assert.ok(later.waitMs <= 1_000);
  }
  clock.now += 2_000;
  const free = withLimits(before, { ...before.limits, bytesPerS: 0, bytesInFlight: 1_500 });
  assert.equal(later.take(free, 600, 0), 'in_flight');
  ledger.release(before, 1_000);
  assert.equal(later.take(free, 600, 0), undefined);
});

void test('idle tenants make room, those who owe or have bytes in flight do not, and whoever finds none is counted with others', () => {
  const { ledger, clock } = book(3);
  const settings = { requests_per_second: 1 };
  const [owing, busy, idle, fourth, fifth] = [0, 1, 2, 3, 4].map(() => tenant(settings)) as [
    // As many as the list says.
    LedgerEntry,
    LedgerEntry,
    LedgerEntry,
    LedgerEntry,
    LedgerEntry,
  ];
  const common = tenant(settings, 0);
  ledger.take(busy, 100, 0);
  ledger.take(idle, 0, 0);
  clock.now += 1;
  assert.equal(ledger.enter(owing), undefined);
  assert.equal(ledger.enter(fourth), undefined, 'takes the place of the idle one');
  assert.equal(ledger.enter(fifth), undefined);
  assert.equal(ledger.enter(common), 'requests', 'there is no row left for the fifth');
  assert.equal(ledger.enter(idle), 'requests');
  ledger.take(idle, 50, 0);
  assert.equal(idle.borrowed, 50);
  clock.now += 1_000;
  assert.equal(ledger.enter(owing), undefined);
  assert.equal(ledger.take(fifth, 10, 0), undefined);
  assert.notEqual(fifth.row, common.row);
  ledger.release(idle, 50);
  assert.equal(idle.borrowed, 0);
  for (const [entry, bytes] of [
    [busy, 100],
    [fifth, 10],
  ] as const)
    ledger.release(entry, bytes);
});

void test('a thread that died while it counted stops the others for a moment only', () => {
  const { ledger, table } = book();
  Atomics.store(new Int32Array(table), 0, 1);
  assert.equal(ledger.enter(tenant({ requests_per_second: 1 })), undefined);
  assert.equal(Atomics.load(new Int32Array(table), 0), 0);
});

/** Asks as a server does: memory first. */
function ask({ ledger, admission }: Book, entry: LedgerEntry, bytes: number): boolean {
  if (ledger.enter(entry) !== undefined) return false;
  if (!admission.tryAcquire(bytes)) return false;
  if (ledger.take(entry, bytes, 0) === undefined) return true;
  admission.release(bytes);
  return false;
}

function giveBack({ ledger, admission }: Book, entry: LedgerEntry, bytes: number): void {
  admission.release(bytes);
  ledger.release(entry, bytes);
}

void test('one tenant alone may use three quarters of the memory; a single body all of it', () => {
  const whole = book();
  const one = tenant();
  let got = 0;
  while (ask(whole, one, 1 << 20)) got += 1 << 20;
  assert.equal(got, (MEMORY * 3) / 4);
  assert.equal(whole.ledger.remaining, 0);
  assert.ok(ask(book(), tenant(), MEMORY));
});

void test('a part of the memory is for those who ask for it, and goes with them', () => {
  const whole = book();
  const [one, other] = [tenant(), tenant({ weight: 2 })];
  const hasFair = (fair: number): void => {
    const got: number[] = [];
    for (let bytes = 1 << 20; ask(whole, one, bytes);) got.push(bytes);
    assert.equal(Math.round(whole.ledger.fairBytes), Math.floor(fair));
    for (const bytes of got) giveBack(whole, one, bytes);
  };
  hasFair((MEMORY * 3) / 4);
  whole.ledger.enter(other);
  hasFair(MEMORY / 3);
  whole.clock.now += 11_000;
  hasFair((MEMORY * 3) / 4);
});

void test('a quarter of the memory is there at once for those below their fair part, whatever others took before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 1, max: 64 }), (count, chunks) => {
      const whole = book();
      const greedy = tenant();
      const chunk = Math.ceil(MEMORY / 4 / chunks);
      while (ask(whole, greedy, 100_000));
      const modest = Array.from({ length: count }, () => tenant());
      const fair = MEMORY / (count + 1);
      let given = 0;
      for (const one of modest) {
        for (let own = chunk; own <= fair && given + chunk <= MEMORY / 4 - 256 * chunks; own += chunk) {
          assert.ok(ask(whole, one, chunk));
          given += chunk;
        }
      }
      assert.ok(!ask(whole, greedy, 100_000));
    }),
    { seed: 3, numRuns: 30 },
  );
});

void test('with one greedy tenant and however many others, these get what they ask for up to their fair part', () => {
  fc.assert(
    fc.property(
      fc.record({
        weights: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 }),
        greedyWeight: fc.integer({ min: 1, max: 5 }),
        /** How much of its fair part each wants, and how many rounds a body takes. */
        wants: fc.double({ min: 0.1, max: 1, noNaN: true }),
        rounds: fc.integer({ min: 6, max: 12 }),
        queuedPart: fc.constantFrom(0, 0.3, 0.9, 1),
        seed: fc.nat(),
      }),
      ({ weights, greedyWeight, wants, rounds, queuedPart, seed }) => {
        const whole = book();
        const random = new SeededRandom(seed).next;
        whole.admission.share().acquire(MEMORY * queuedPart);
        const pool = Math.max(MEMORY * (1 - queuedPart), MEMORY / 32);
        const sum = weights.reduce((a, b) => a + b, greedyWeight);
        const greedy = tenant({ weight: greedyWeight });
        const modest = weights.map((weight) => ({ entry: tenant({ weight }), want: (wants * pool * weight) / sum }));
        // As many whole units of the budget.
        const chunk = Math.floor(pool / sum / 20 / 256) * 256;
        const underWay: { entry: LedgerEntry; until: number }[] = [];
        const heldBy = (entry: LedgerEntry): number => underWay.filter((one) => one.entry === entry).length * chunk;
        // Everybody has had time to be answered and to ask again.
        const settled = 5 * rounds;
        for (let round = 0; round < 8 * rounds; round += 1) {
          // Beyond the budget there is an allowance for each second.
          whole.clock.now += 1_000;
          for (const one of underWay.filter(({ until }) => until <= round)) {
            giveBack(whole, one.entry, chunk);
            underWay.splice(underWay.indexOf(one), 1);
          }
          const start = (entry: LedgerEntry): boolean => {
            if (!ask(whole, entry, chunk)) return false;
            underWay.push({ entry, until: round + rounds + Math.floor(random() * rounds) });
            return true;
          };
          // The greedy one is first, and takes all it gets.
          while (start(greedy));
          for (const { entry, want } of modest) {
            while (heldBy(entry) + chunk <= want) {
              if (start(entry)) continue;
              assert.ok(round < settled, `refused at ${heldBy(entry)} of ${want} in round ${round} of ${settled}`);
              break;
            }
          }
        }
      },
    ),
    { seed: 4, numRuns: 40 },
  );
});
