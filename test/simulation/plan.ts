// What happens in one simulation, all of it decided by a seed: settings, arrivals, the destination's moods, the end.

import type { Signal } from '../../pipeline/signal.ts';
import type { SendingSettings } from '../../pipeline/sending/exporter.ts';
import type { QueueLimits } from '../../pipeline/sending/send-queue.ts';
import { SeededRandom } from '../support/seeded-random.ts';

export interface Arrival {
  readonly atMs: number;
  readonly signal: Signal;
  readonly items: number;
  readonly isLarge: boolean;
  /** Came compressed in the destination's encoding: goes on as it is, so that it is never merged. */
  readonly isWire: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a destination does with a request; a weight each. */
export interface Moods {
  readonly accept: number;
  readonly refuse: number;
  readonly refuseWithDelay: number;
  readonly reject: number;
  readonly rejectPart: number;
  readonly hang: number;
  /** Takes the data, and its answer never comes. */
  readonly takeAndHang: number;
  readonly throwBug: number;
}

export interface Plan {
  readonly seed: number;
  /** The batch processor's section; undefined: there is none. */
  readonly processor: Readonly<Record<string, unknown>> | undefined;
  readonly settings: SendingSettings;
  /** The destination tells clients apart by their `user`. */
  readonly tellsUsersApart: boolean;
  readonly moods: Moods;
  readonly latencyMs: number;
  /** The destination changes between `moods` and refusing everything after this long; 0: never. */
  readonly flapMs: number;
  readonly arrivals: readonly Arrival[];
  /** A second instance takes over at this time. */
  readonly handoverAtMs: number | undefined;
  readonly stopAtMs: number;
  readonly deadlineMs: number;
  /** What is unacknowledged is given up between one and two of these after the stop began. */
  readonly giveUpEveryMs: number;
  /** The share of writes to the storage that fail. */
  readonly writeFailures: number;
}

/** Whether every item is delivered or dropped once; else at least once. */
export function isExact({ moods, settings }: Plan): boolean {
  return moods.takeAndHang === 0 && settings.queue?.storage === undefined;
}

const SIGNALS = ['traces', 'metrics', 'logs', 'profiles'] as const;

export function planOf(seed: number): Plan {
  const random = new SeededRandom(seed);
  const spanMs = random.pick([5, 60, 400]);
  const sizes = random.pick([1, 4, 25]);
  const settings = settingsOf(random);
  return {
    seed,
    processor: random.chance(0.4) ? processorOf(random) : undefined,
    settings,
    tellsUsersApart: random.chance(0.3),
    moods: moodsOf(random),
    latencyMs: random.pick([1, 8, 60]),
    flapMs: random.chance(0.25) ? random.between(5, 150) : 0,
    arrivals: arrivalsOf(random, spanMs, sizes),
    handoverAtMs: random.chance(0.3) ? random.between(1, spanMs) : undefined,
    stopAtMs: random.between(1, spanMs * random.pick([1, 2, 4])),
    deadlineMs: random.pick([0, 1, 30, 500, 30_000]),
    giveUpEveryMs: random.pick([20, 1_000]),
    writeFailures: random.chance(0.3) ? 0.2 : 0,
  };
}

function settingsOf(random: SeededRandom): SendingSettings {
  const timeoutMs = random.pick([0, 10, 40, 200]);
  const retry = {
    enabled: random.chance(0.85),
    initialIntervalMs: random.between(1, 40),
    randomizationFactor: random.pick([0, 0.5, 1]),
    multiplier: random.pick([1, 1.5, 3]),
    maxIntervalMs: random.between(40, 200),
    maxElapsedMs: random.pick([0, 50, 300, 2_000]),
  };
  if (random.chance(0.25)) return { timeoutMs, retry };
  const queue = { ...queueOf(random), consumers: random.pick([1, 2, 3, 10]) };
  const isDurable = !queue.waitForResult && random.chance(0.3);
  return { timeoutMs, retry, queue: isDurable ? { ...queue, storage: 'file_storage' } : queue };
}

function queueOf(random: SeededRandom): QueueLimits {
  const sizer = random.pick(['requests', 'items', 'bytes'] as const);
  const unit = { requests: 1, items: 8, bytes: 120 }[sizer];
  const queue = {
    capacity: unit * random.pick([1, 3, 12, 1_000]),
    sizer,
    blockOnOverflow: random.chance(0.3),
    waitForResult: random.chance(0.25),
  };
  if (random.chance(0.5)) return queue;
  const batchSizer = random.pick(['items', 'bytes'] as const);
  const minSize = random.pick([0, 4, 30]) * (batchSizer === 'bytes' ? 12 : 1);
  return {
    ...queue,
    batch: {
      minSize,
      maxSize: random.chance(0.5) ? 0 : minSize + random.between(1, 40),
      sizer: batchSizer,
      flushTimeoutMs: random.between(1, 100),
      metadataKeys: random.chance(0.5) ? ['tenant'] : [],
    },
  };
}

function processorOf(random: SeededRandom): Plan['processor'] {
  const size = random.pick([0, 5, 30]);
  return {
    send_batch_size: size,
    timeout: `${random.pick([0, 5, 100])}ms`,
    send_batch_max_size: random.chance(0.5) ? 0 : size + random.between(1, 10),
    metadata_keys: random.chance(0.4) ? ['Tenant'] : [],
    metadata_cardinality_limit: random.pick([0, 2, 1_000]),
  };
}

function moodsOf(random: SeededRandom): Moods {
  const some = (): number => (random.chance(0.35) ? random.below(6) : 0);
  return {
    accept: random.chance(0.1) ? 0 : 10,
    refuse: some(),
    refuseWithDelay: some(),
    reject: some(),
    rejectPart: some(),
    hang: some(),
    takeAndHang: random.chance(0.2) ? 2 : 0,
    throwBug: random.chance(0.1) ? 1 : 0,
  };
}

function arrivalsOf(random: SeededRandom, spanMs: number, sizes: number): Arrival[] {
  const signals: readonly [Signal, ...Signal[]] = random.chance(0.6) ? [random.pick(SIGNALS)] : SIGNALS;
  const tenants = random.pick([0, 1, 3]);
  const arrivals = Array.from({ length: random.between(1, 30) }, () => ({
    atMs: random.between(1, spanMs),
    signal: random.pick(signals),
    items: random.between(1, sizes),
    isLarge: random.chance(0.03),
    isWire: random.chance(0.1),
    metadata: {
      ...(tenants > 0 && random.chance(0.9) ? { tenant: `t${random.below(tenants)}` } : {}),
      ...(tenants > 0 && random.chance(0.4) ? { user: `u${random.below(2)}` } : {}),
    },
  }));
  return arrivals.toSorted((one, other) => one.atMs - other.atMs);
}
