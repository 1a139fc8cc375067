// What a seed decides: how the agent is set up, and which faults happen when. Each lane (agent, sink, network, disk, clock)
// has faults of its own, one after the other; lanes run at the same time.

import { SeededRandom } from '../../support/seeded-random.ts';

/** How the sink answers. */
export type SinkMode =
  | 'good'
  /** 503 or UNAVAILABLE. */
  | 'unavailable'
  /** 429 or RESOURCE_EXHAUSTED, with a delay. */
  | 'throttling'
  /** Takes the data and answers late, at times later than the agent waits. */
  | 'slow'
  /** Takes the data and never answers. */
  | 'silent'
  /** Takes the data and breaks the connection. */
  | 'resetting'
  /** 400 or INVALID_ARGUMENT: never again. */
  | 'rejecting'
  /** Takes all but one item, and says so. */
  | 'partial';

export interface Fault {
  readonly kind:
    | 'kill'
    | 'terminate'
    | 'freeze'
    | 'damage'
    | 'reload'
    | 'bad reload'
    /** Killed while it starts, reloads or stops. */
    | 'kill in start'
    | 'kill in reload'
    | 'kill in stop'
    | 'answer'
    | 'cut'
    | 'stall'
    | 'half-close'
    | 'fill'
    | 'step';
  /** Time since the fault before it, or the begin. */
  readonly afterMs: number;
  readonly forMs: number;
  /** Decides whatever the kind leaves open; uniform in [0, 1). */
  readonly choice: number;
  readonly mode?: SinkMode;
}

export const LANES = ['agent', 'sink', 'network', 'disk', 'clock'] as const;
export type Lane = (typeof LANES)[number];

export interface Plan {
  readonly seed: number;
  /** Of the agent to its sink. */
  readonly protocol: 'grpc' | 'http';
  readonly compression: 'none' | 'gzip';
  readonly workers: 1 | 2;
  /** `sending_queue.batch`. */
  readonly isBatching: boolean;
  /** The `batch` processor before the queue. */
  readonly hasBatchProcessor: boolean;
  readonly fsync: boolean | string;
  /** 0: for ever. */
  readonly maxElapsedTime: 0 | '5m';
  /** Of the queue on disk, in bytes; 0: no limit. */
  readonly maxSize: number;
  readonly queueSize: number;
  readonly consumers: number;
  /** `veth`: the sink is in a network namespace of its own; `proxy`: a relay of ours stands in between. */
  readonly network: 'veth' | 'proxy';
  /** Bytes of the file system the queue is on; 0: an ordinary folder. */
  readonly diskBytes: number;
  /** Senders of the clients, one of which speaks gRPC and one HTTP. */
  readonly senders: number;
  readonly mostSpansPerRequest: number;
  /** Bytes that each request has besides. */
  readonly padding: number;
  readonly loadMs: number;
  readonly lanes: Readonly<Record<Lane, readonly Fault[]>>;
}

const LOAD_MS = 7_000;
const MIB = 1 << 20;
const STEPS_MS = [-86_400_000, -3_600_000, -5_000, -700, 700, 5_000, 3_600_000, 86_400_000] as const;

export function planOf(seed: number): Plan {
  const random = new SeededRandom(seed);
  const network = random.pick(['veth', 'proxy'] as const);
  const hasDisk = random.chance(0.35);
  const setup = {
    seed,
    protocol: random.pick(['grpc', 'http'] as const),
    compression: random.pick(['none', 'gzip'] as const),
    workers: random.chance(0.25) ? 2 : 1,
    isBatching: random.chance(0.4),
    hasBatchProcessor: random.chance(0.25),
    fsync: random.pick([true, true, false, '20ms'] as const),
    maxElapsedTime: random.pick<Plan['maxElapsedTime']>([0, '5m']),
    maxSize: random.chance(0.2) ? random.between(1, 4) * MIB : 0,
    queueSize: random.chance(0.2) ? random.between(20, 300) : 1_000_000,
    consumers: random.pick([1, 3, 10] as const),
    network,
    diskBytes: hasDisk ? random.between(4, 16) * MIB : 0,
    senders: random.between(2, 8),
    mostSpansPerRequest: random.pick([1, 10, 40] as const),
    padding: random.pick([0, 0, 2_000, 20_000, 100_000] as const),
    loadMs: LOAD_MS,
  } as const;
  return {
    ...setup,
    lanes: {
      agent: random.chance(0.9) ? lane(random, 2_000, agentFault) : [],
      sink: random.chance(0.9) ? lane(random, 1_200, sinkFault) : [],
      network: random.chance(0.6) ? lane(random, 2_500, (r) => networkFault(r, network)) : [],
      disk: hasDisk ? lane(random, 1_500, (r) => ({ kind: 'fill', forMs: r.between(300, 2_000) })) : [],
      clock: random.chance(0.3) ? lane(random, 2_500, () => ({ kind: 'step', forMs: 0 })) : [],
    },
  };
}

/** By how much a `step` moves the clock, in ms. */
export function stepOf({ choice }: Fault): number {
  return STEPS_MS[Math.floor(choice * STEPS_MS.length)] ?? 0;
}

type Part = Pick<Fault, 'kind' | 'forMs' | 'mode'>;

function lane(random: SeededRandom, mostGapMs: number, next: (random: SeededRandom) => Part): Fault[] {
  const faults: Fault[] = [];
  for (let atMs = 0; ;) {
    const afterMs = random.between(100, mostGapMs);
    const part = next(random);
    atMs += afterMs + part.forMs;
    if (atMs > LOAD_MS) return faults;
    faults.push({ ...part, afterMs, choice: random.next() });
  }
}

function agentFault(random: SeededRandom): Part {
  const kind = random.pick<Fault['kind']>([
    'kill',
    'kill',
    'terminate',
    'freeze',
    'damage',
    'damage',
    'reload',
    'reload',
    'bad reload',
    'kill in start',
    'kill in reload',
    'kill in stop',
  ]);
  return { kind, forMs: kind.endsWith('reload') ? 0 : random.between(50, kind === 'freeze' ? 1_500 : 600) };
}

function sinkFault(random: SeededRandom): Part {
  const kind = random.pick<Fault['kind']>(['kill', 'freeze', 'answer', 'answer', 'answer', 'answer']);
  const forMs = random.between(100, 1_500);
  if (kind !== 'answer') return { kind, forMs };
  const mode = random.pick<SinkMode>([
    'unavailable',
    'unavailable',
    'throttling',
    'slow',
    'silent',
    'resetting',
    'rejecting',
    'partial',
  ]);
  return { kind, forMs: mode === 'rejecting' ? Math.min(forMs, 300) : forMs, mode };
}

function networkFault(random: SeededRandom, network: Plan['network']): Part {
  const kind = network === 'veth' ? 'cut' : random.pick<Fault['kind']>(['cut', 'stall', 'half-close']);
  return { kind, forMs: random.between(100, 2_000) };
}
