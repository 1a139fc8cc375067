// One run of a throughput scenario: delivered spans per CPU-second of the agent's whole process tree.

import { load } from './load.ts';
import { configuration, queueSettings, type Queue } from './configuration.ts';
import { acceptedSpans, agentPorts, startContender, type Contender } from './contender.ts';
import { usageOf, watchMemory } from './process-tree.ts';
import type { ThroughputScenario } from './scenarios.ts';
import { TOKEN } from './security.ts';
import type { Sink } from './sink-process.ts';

/** Enough for either agent to be busy all the time: 64 requests under way. */
const CLIENTS = { grpc: { clients: 4, streams: 16 }, http: { clients: 64, streams: 1 } } as const;

export interface ThroughputRun {
  readonly agent: Contender['name'];
  readonly queue: Queue;
  readonly secured: ThroughputScenario['secured'];
  readonly deliveredSpans: number;
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly perCpuSecond: number;
  /** Accepted by the receiver and not delivered, or the other way round where a client gave up waiting. */
  readonly lostSpans: number;
  /** Requests answered with 4xx or 5xx. */
  readonly refusedRequests: number;
  readonly maxResidentMib: number;
  /** How busy the sink was, as a share of one core: close to 1 it, not the agent, is what is measured. */
  readonly sinkBusy: number;
}

export interface ThroughputTask {
  readonly scenario: ThroughputScenario;
  readonly contender: Contender;
  readonly queue: Queue;
  readonly sink: Sink;
  readonly bodyFile: string;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** So many warm-ups at most, until one's time has been spent on the CPU. */
const WARM_UP_TIMES = 6;
/** How often a run is repeated in which the agent got stuck. */
const ATTEMPTS = 3;

/**
 * Measures once; again where the agent got stuck, which otelcol v0.161 does now and then when clients cancel calls that
 * wait for room in its queue. A run in which it stays stuck counts as it is.
 */
export async function measureThroughput(task: ThroughputTask): Promise<ThroughputRun> {
  let run = await measureOnce(task);
  for (let attempt = 1; attempt < ATTEMPTS && Number.isNaN(run.lostSpans); attempt++) {
    console.log(`${run.agent} (queue ${run.queue}) got stuck and is started again`);
    run = await measureOnce(task);
  }
  return run;
}

async function measureOnce(task: ThroughputTask): Promise<ThroughputRun> {
  const { scenario, contender, queue, sink, bodyFile } = task;
  const { protocol, gzip, processors, secured } = scenario;
  const ports = await agentPorts();
  const config = configuration({
    protocol,
    gzip,
    processors,
    queue: queueSettings(queue),
    ports,
    sink: sink.ports,
    ...(secured ? { secured: { where: secured, by: sink.security } } : {}),
  });
  await using agent = await startContender(contender, config);
  const pressure = {
    protocol,
    gzip,
    bodyFile,
    port: ports[protocol],
    ...CLIENTS[protocol],
    ...(secured ? { token: TOKEN } : {}),
  };
  if (task.warmUpSeconds > 0) {
    // On a busy machine the agent gets a part of the time only, and what compiles as it runs would be measured cold.
    for (let times = 0; times < WARM_UP_TIMES; times++) {
      await load({ ...pressure, seconds: task.warmUpSeconds });
      if (usageOf(agent.pid).cpuSeconds >= task.warmUpSeconds) break;
    }
  }
  // Counts and CPU time are read before the load starts and after the last span has arrived, so that what is under way
  // at either end is on neither account.
  const before = await sink.settled();
  const acceptedBefore = await acceptedSpans(ports);
  const memory = watchMemory(agent.pid);
  const cpuBefore = usageOf(agent.pid).cpuSeconds;
  const sinkBefore = usageOf(sink.pid).cpuSeconds;
  const started = performance.now();
  const answers = await load({ ...pressure, seconds: task.seconds });
  const seconds = (performance.now() - started) / 1000;
  const sinkBusy = (usageOf(sink.pid).cpuSeconds - sinkBefore) / seconds;
  const after = await sink.settled();
  const cpuSeconds = usageOf(agent.pid).cpuSeconds - cpuBefore;
  const maxResidentMib = memory.stop();
  const accepted = (await acceptedSpans(ports)) - acceptedBefore;
  const deliveredSpans = after.spans - before.spans;
  return {
    agent: contender.name,
    queue,
    secured,
    deliveredSpans,
    cpuSeconds,
    seconds,
    perCpuSecond: deliveredSpans / cpuSeconds,
    lostSpans: accepted - deliveredSpans,
    refusedRequests: answers.refused,
    maxResidentMib,
    sinkBusy,
  };
}
