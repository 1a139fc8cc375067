// One run: 64 requests under way over gRPC into an exporter whose queue is on disk.

import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { configuration } from '../pipeline/configuration.ts';
import { acceptedSpans, agentPorts, startContender, type Contender } from '../pipeline/contender.ts';
import { load } from '../pipeline/load.ts';
import { usageOf, watchMemory } from '../pipeline/process-tree.ts';
import type { Sink } from '../pipeline/sink-process.ts';

/** More requests than are left behind in a run: neither agent is to refuse. */
const QUEUE_SIZE = 200_000;
const CLIENTS = { clients: 4, streams: 16 };

export interface DurableRun {
  readonly agent: Contender['name'];
  /** Accepted by the receiver, which answers after the queue has the data. */
  readonly spansPerSecond: number;
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly deliveredSpans: number;
  readonly lostSpans: number;
  readonly maxResidentMib: number;
  readonly diskSyncsPerSecond?: number;
}

export interface DurableTask {
  readonly contender: Contender;
  readonly fsync: boolean;
  readonly sink: Sink;
  readonly bodyFile: string;
  readonly folder: string;
  readonly spans: number;
  readonly isPinned: boolean;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export async function measureDurable(task: DurableTask): Promise<DurableRun> {
  const { contender, sink } = task;
  const directory = mkdtempSync(path.join(task.folder, 'storage-'));
  const ports = await agentPorts();
  const base = configuration({
    protocol: 'grpc',
    gzip: false,
    processors: false,
    queue: { storage: 'file_storage', queue_size: QUEUE_SIZE },
    ports,
    sink: sink.ports,
  });
  try {
    await using agent = await startContender(pinned(contender, task.isPinned), {
      ...base,
      extensions: { file_storage: { directory, fsync: task.fsync } },
      service: { ...serviceOf(base), extensions: ['file_storage'] },
    });
    const pressure = { protocol: 'grpc', gzip: false, bodyFile: task.bodyFile, port: ports.grpc, ...CLIENTS } as const;
    if (task.warmUpSeconds > 0) await load({ ...pressure, seconds: task.warmUpSeconds });
    const before = await sink.settled();
    const acceptedBefore = await acceptedSpans(ports);
    const memory = watchMemory(agent.pid);
    const cpuBefore = usageOf(agent.pid).cpuSeconds;
    const started = performance.now();
    await load({ ...pressure, seconds: task.seconds });
    const seconds = (performance.now() - started) / 1000;
    const cpuSeconds = usageOf(agent.pid).cpuSeconds - cpuBefore;
    const accepted = (await acceptedSpans(ports)) - acceptedBefore;
    const deliveredSpans = (await sink.settled()).spans - before.spans;
    return {
      agent: contender.name,
      spansPerSecond: accepted / seconds,
      cpuSeconds,
      seconds,
      deliveredSpans,
      lostSpans: accepted - deliveredSpans,
      maxResidentMib: memory.stop(),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function pinned(contender: Contender, isPinned: boolean): Contender {
  if (!isPinned) return contender;
  const { name, command, args } = contender;
  return { name, command: 'taskset', args: ['--cpu-list', '0', command, ...args] };
}

function serviceOf(base: object): object {
  return 'service' in base && typeof base.service === 'object' && base.service !== null ? base.service : {};
}
