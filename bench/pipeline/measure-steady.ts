// The daily life of an agent: idle, then 10,000 spans a second. CPU as per cent of one core, resident memory of both.

import { setTimeout as sleep } from 'node:timers/promises';
import { configuration, queueSettings, type Queue } from './configuration.ts';
import { agentPorts, startContender, type Contender } from './contender.ts';
import { load } from './load.ts';
import { usageOf, watchMemory } from './process-tree.ts';
import { STEADY } from './scenarios.ts';
import type { Sink } from './sink-process.ts';

const IDLE_MS = 3000;
const CLIENTS = 4;

export interface SteadyRun {
  readonly agent: Contender['name'];
  readonly queue: Queue;
  readonly cpuPercent: number;
  readonly idleMib: number;
  /** The most seen under load. */
  readonly loadedMib: number;
  readonly deliveredPerSecond: number;
}

export interface SteadyTask {
  readonly contender: Contender;
  readonly queue: Queue;
  readonly sink: Sink;
  readonly bodyFile: string;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export async function measureSteady(task: SteadyTask): Promise<SteadyRun> {
  const { contender, queue, sink } = task;
  const ports = await agentPorts();
  const config = configuration({
    protocol: 'grpc',
    gzip: false,
    processors: false,
    queue: queueSettings(queue),
    ports,
    sink: sink.ports,
  });
  await using agent = await startContender(contender, config);
  await sleep(IDLE_MS);
  const idleMib = usageOf(agent.pid).residentMib;
  const pressure = {
    protocol: 'grpc',
    port: ports.grpc,
    bodyFile: task.bodyFile,
    gzip: false,
    clients: CLIENTS,
    streams: 4,
    requestsPerSecond: STEADY.requestsPerSecond,
  } as const;
  if (task.warmUpSeconds > 0) await load({ ...pressure, seconds: task.warmUpSeconds });
  const before = await sink.settled();
  const memory = watchMemory(agent.pid);
  const cpuBefore = usageOf(agent.pid).cpuSeconds;
  const started = performance.now();
  await load({ ...pressure, seconds: task.seconds });
  const cpuSeconds = usageOf(agent.pid).cpuSeconds - cpuBefore;
  const seconds = (performance.now() - started) / 1000;
  const after = await sink.settled();
  return {
    agent: contender.name,
    queue,
    cpuPercent: (100 * cpuSeconds) / seconds,
    idleMib,
    loadedMib: memory.stop(),
    deliveredPerSecond: (after.spans - before.spans) / seconds,
  };
}
