// Twice what the destination takes, for a minute, with a queue far larger than memory allows: the memory limit has to
// hold, every refusal has to be one that clients repeat, and when the pressure goes everything is taken again.

import { setTimeout as sleep } from 'node:timers/promises';
import { requestBody } from './bodies.ts';
import { configuration } from './configuration.ts';
import { agentPorts, startContender, type Contender } from './contender.ts';
import { OpenLoop } from './open-loop.ts';
import { watchMemory } from './process-tree.ts';
import { grpcSender } from './senders.ts';
import { OVERLOAD } from './scenarios.ts';
import type { Sink } from './sink-process.ts';

const SPANS = 100;
const AFTERWARDS_SECONDS = 10;
const AFTERWARDS_SHARE = 0.1;

export interface OverloadRun {
  readonly agent: Contender['name'];
  readonly maxResidentMib: number;
  readonly acceptedRequests: number;
  readonly retryableRefusals: number;
  readonly finalRefusals: number;
  readonly finalReasons: readonly string[];
  readonly notOffered: number;
  /** From the end of the overload to the last refusal. */
  readonly recoverySeconds: number;
  /** Accepted and never delivered. */
  readonly lostSpans: number;
}

export async function measureOverload(contender: Contender, sink: Sink, seconds: number): Promise<OverloadRun> {
  const ports = await agentPorts();
  const config = configuration({
    protocol: 'grpc',
    gzip: false,
    processors: false,
    queue: { queue_size: 1_000_000 },
    limitMib: OVERLOAD.limitMib,
    ports,
    sink: sink.ports,
  });
  await using agent = await startContender(contender, config);
  const before = await sink.ask({ spansPerSecond: OVERLOAD.carriedRequests * SPANS });
  const memory = watchMemory(agent.pid);
  const clients = new OpenLoop(grpcSender(ports.grpc, requestBody({ protocol: 'grpc', spans: SPANS, gzip: false })));
  clients.rate(OVERLOAD.offeredRequests);
  await sleep(seconds * 1000);
  const overloadEndMs = performance.now();
  clients.rate(OVERLOAD.carriedRequests * AFTERWARDS_SHARE);
  await sleep(AFTERWARDS_SECONDS * 1000);
  await clients.close();
  await sink.ask({ spansPerSecond: 0 });
  const after = await sink.settled(5);
  return {
    agent: contender.name,
    maxResidentMib: memory.stop(),
    acceptedRequests: clients.accepted,
    retryableRefusals: clients.retryable,
    finalRefusals: clients.final,
    finalReasons: [...clients.finalReasons],
    notOffered: clients.notOffered,
    recoverySeconds: Math.max(0, (clients.lastRefusalMs - overloadEndMs) / 1000),
    lostSpans: clients.accepted * SPANS - (after.spans - before.spans),
  };
}
