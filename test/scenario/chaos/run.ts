// One run: everything started, shaken as the plan says, left alone until it is drained, and judged.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canMount } from '../../support/storing.ts';
import type { ClientSetup, Outcome, Sent } from './client.ts';
import { configurationOf } from './configuration.ts';
import { carryOut, type Stage } from './faults.ts';
import { keptPorts } from './kept-ports.ts';
import { Journal } from './journal.ts';
import { namespacesMissing, Relay, Veth } from './network.ts';
import { planOf, type Plan } from './plan.ts';
import { Companion, nowMs } from './processes.ts';
import { ShakenAgent } from './shaken-agent.ts';
import { SinkProcess } from './sink-process.ts';
import { judge, missingSoFar, type Evidence } from './verdict.ts';

export interface Result {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** Faults that could not be tried here, and why. */
  readonly skipped: readonly string[];
  readonly seconds: number;
  /** What the agent said, for failures. */
  readonly agentLog: string;
}

const CLIENTS = 2;
/** Numbers of the second client begin here. */
const CLIENT_NUMBERS = 1_000_000_000;
const RECOVERY_MS = 15_000;
const DRAIN_MS = 40_000;
const POLL_MS = 150;
const MOST_RESIDENT_MIB = 400;
const MOST_DESCRIPTORS = 250;
/** Connections that are kept open, more than at the start. */
const MORE_DESCRIPTORS_LEFT = 25;
const LEFT_ALONE_MS = 500;

/** Carries out a seed's plan, as far as this machine allows. */
export async function runSeed(seed: number, say: (line: string) => void): Promise<Result> {
  const startMs = nowMs();
  const journal = new Journal(say);
  const { plan, skipped } = allowedHere(planOf(seed));
  journal.note('plan', JSON.stringify({ ...plan, lanes: undefined }));
  await using scene = await Scene.set(plan, journal);
  const { agent, sink, clients, stage } = scene;
  await agent.start();
  await Promise.all(clients.map((client) => client.ask({ ask: 'run' })));
  await Promise.all([carryOut(stage), sleep(plan.loadMs)]);
  journal.note('clients', 'stop');
  // The load ends when every sender has its answer.
  await Promise.all(clients.map((client) => client.ask({ ask: 'pause' })));
  await recover(clients, journal);
  // What client.ts answers.
  const sent = ((await Promise.all(clients.map((client) => client.ask({ ask: 'stop' })))) as Sent[][]).flat();
  const evidence = (): Evidence => ({
    sent,
    lines: sink.lines(),
    damages: stage.damages,
    troubles: journal.troubles,
    announcedDuplicates: agent.logged('possible_duplicate_items').reduce((sum, value) => sum + value, 0),
    toldLost: journal.troubles.some(({ kind }) => kind === 'killed') ? undefined : agent.toldLost,
    startMs: journal.startMs,
  });
  await drain(agent, evidence, journal);
  await end(agent, stage.at.directory, journal);
  const verdict = judge(evidence());
  for (const violation of verdict.violations) journal.violation(violation);
  return {
    seed,
    violations: journal.violations,
    figures: {
      ...verdict.figures,
      'faults in all': [...journal.counts.values()].reduce((sum, count) => sum + count, 0),
      'most MiB resident': Math.round(agent.mostResidentMib),
      'most descriptors': agent.mostDescriptors,
    },
    faults: Object.fromEntries([...journal.counts].toSorted(([a], [b]) => a.localeCompare(b))),
    skipped,
    seconds: Math.round((nowMs() - startMs) / 100) / 10,
    agentLog: agent.said,
  };
}

function allowedHere(plan: Plan): { plan: Plan; skipped: string[] } {
  const skipped: string[] = [];
  let allowed = plan;
  const missing = plan.network === 'veth' ? namespacesMissing() : undefined;
  if (missing !== undefined) {
    skipped.push(`${missing}; a relay stands in between instead`);
    allowed = { ...allowed, network: 'proxy' };
  }
  if (plan.diskBytes > 0 && !canMount()) {
    skipped.push('no right to mount a tmpfs here: no full disk');
    allowed = { ...allowed, diskBytes: 0, lanes: { ...allowed.lanes, disk: [] } };
  }
  return { plan: allowed, skipped };
}

class Scene implements AsyncDisposable {
  readonly stage: Stage;
  readonly clients: readonly Companion[];
  readonly #folder: string;
  /** Also where the run is broken off: a mount and a namespace outlive the process. */
  readonly #onExit = (): void => {
    this.stage.agent.signal('SIGKILL');
    this.#remove();
  };

  private constructor(stage: Stage, clients: readonly Companion[], folder: string) {
    this.stage = stage;
    this.clients = clients;
    this.#folder = folder;
    process.on('exit', this.#onExit);
  }

  get agent(): ShakenAgent {
    return this.stage.agent;
  }

  get sink(): SinkProcess {
    return this.stage.sink;
  }

  static async set(plan: Plan, journal: Journal): Promise<Scene> {
    const folder = mkdtempSync(path.join(os.tmpdir(), `chaos-${plan.seed}-`));
    const directory = path.join(folder, 'storage');
    mkdirSync(directory);
    if (plan.diskBytes > 0) {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${plan.diskBytes}`, 'tmpfs', directory]);
    }
    const clockFile = path.join(folder, 'clock');
    writeFileSync(clockFile, '0');
    const network = plan.network === 'veth' ? new Veth() : new Relay();
    const [grpc = 0, http = 0, side = 0, metrics = 0, sinkGrpc = 0, sinkHttp = 0] = await keptPorts(6);
    const sink = new SinkProcess({
      file: path.join(folder, 'sink.jsonl'),
      network,
      ports: { grpc: sinkGrpc, http: sinkHttp },
      onEnd: (reason) => journal.violation(reason),
    });
    await sink.start();
    const at = {
      grpc,
      http,
      side,
      metrics,
      sink: await network.reach(plan.protocol === 'grpc' ? sinkGrpc : sinkHttp),
      directory,
    };
    const agent = new ShakenAgent({ journal, metricsPort: metrics, clockFile, config: configurationOf(plan, at) });
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, async (_, index) => {
        const setup: ClientSetup = {
          seed: plan.seed * CLIENTS + index,
          firstNumber: 1 + index * CLIENT_NUMBERS,
          grpc,
          http,
          senders: plan.senders,
          mostSpansPerRequest: plan.mostSpansPerRequest,
          padding: plan.padding,
        };
        return Companion.start('client.ts', [JSON.stringify(setup)]);
      }),
    );
    return new Scene({ plan, journal, agent, sink, network, at, clockFile, damages: [] }, clients, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { agent, sink } = this.stage;
    await agent.kill();
    await sink.kill();
    await Promise.all(this.clients.map((client) => client.kill()));
    process.off('exit', this.#onExit);
    this.#remove();
  }

  #remove(): void {
    const { network, plan, at } = this.stage;
    network.remove();
    if (plan.diskBytes > 0) execFileSync('umount', ['--lazy', at.directory]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Both protocols of every client are served again. */
async function recover(clients: readonly Companion[], journal: Journal): Promise<void> {
  const deadline = AbortSignal.timeout(RECOVERY_MS);
  for (;;) {
    // What client.ts answers.
    const outcomes = (await Promise.all(clients.map((client) => client.ask({ ask: 'probe' })))) as Outcome[][];
    if (outcomes.flat().every((outcome) => outcome === 'acknowledged')) return;
    if (deadline.aborted) {
      journal.violation(`${RECOVERY_MS} ms after the last fault clients are told: ${outcomes.flat().join(', ')}`);
      return;
    }
    await sleep(POLL_MS);
  }
}

async function drain(agent: ShakenAgent, evidence: () => Evidence, journal: Journal): Promise<void> {
  const startMs = nowMs();
  for (;;) {
    const queued = await agent.metric('otelcol_exporter_queue_size');
    const missing = missingSoFar(evidence());
    if (queued === 0 && missing === 0) break;
    if (nowMs() - startMs > DRAIN_MS) {
      journal.violation(`not drained after ${DRAIN_MS} ms: ${queued} requests in the queue, ${missing} items missing`);
      break;
    }
    // An empty queue gets no better.
    if (queued === 0 && nowMs() - startMs > DRAIN_MS / 4) break;
    await sleep(POLL_MS);
  }
  journal.note('agent', `drained in ${Math.round(nowMs() - startMs)} ms`);
  await sleep(LEFT_ALONE_MS);
}

/** What must hold of an agent that has nothing to do any more, and of what it leaves. */
async function end(agent: ShakenAgent, directory: string, journal: Journal): Promise<void> {
  const left = agent.descriptors();
  if (left > agent.firstDescriptors + MORE_DESCRIPTORS_LEFT) {
    journal.violation(`${left} open descriptors at the end, ${agent.firstDescriptors} after the start`);
  }
  if (agent.mostDescriptors > MOST_DESCRIPTORS) journal.violation(`${agent.mostDescriptors} open descriptors`);
  if (agent.mostResidentMib > MOST_RESIDENT_MIB) journal.violation(`${agent.mostResidentMib} MiB resident`);
  await agent.terminate();
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const rest = files.filter((name) => name.endsWith('.log') || name.endsWith('.ack'));
  if (rest.length > 0) journal.violation(`what is delivered leaves files: ${rest.join(', ')}`);
}
