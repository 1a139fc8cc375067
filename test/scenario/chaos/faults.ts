// Carries a plan's faults out, lane by lane. Every fault is over when its lane goes on: whatever was stopped runs again.

import { rmSync, writeFileSync, writeSync, openSync, closeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configurationOf, VARIANTS, type Addresses } from './configuration.ts';
import { damageQueue, type Damage } from './damage.ts';
import type { Journal } from './journal.ts';
import type { Network } from './network.ts';
import { LANES, stepOf, type Fault, type Plan, type SinkMode } from './plan.ts';
import { nowMs } from './processes.ts';
import type { ShakenAgent } from './shaken-agent.ts';
import type { SinkProcess } from './sink-process.ts';

export interface Stage {
  readonly plan: Plan;
  readonly journal: Journal;
  readonly agent: ShakenAgent;
  readonly sink: SinkProcess;
  readonly network: Network;
  readonly at: Addresses;
  readonly clockFile: string;
  readonly damages: (Damage & { readonly atMs: number })[];
}

/** What was answered just before the sink's answers change may be on its way still. */
const SETTLE_MS = 100;
/** A start, and a reload or stop, take about so long. */
const MOST_START_MS = 1_500;
const MOST_RELOAD_MS = 200;
const BALLAST_STEP = 64 << 10;

export async function carryOut(stage: Stage): Promise<void> {
  await Promise.all(
    LANES.map(async (lane) => {
      for (const fault of stage.plan.lanes[lane]) {
        await sleep(fault.afterMs);
        stage.journal.count(lane === 'sink' ? `sink ${fault.mode ?? fault.kind}` : `${lane} ${fault.kind}`);
        if (lane === 'agent') await shakeAgent(stage, fault);
        else if (lane === 'sink') await shakeSink(stage, fault);
        else if (lane === 'network') await shakeNetwork(stage, fault);
        else if (lane === 'disk') await fillDisk(stage, fault);
        else stepClock(stage, fault);
      }
    }),
  );
}

async function shakeAgent(stage: Stage, { kind, forMs, choice }: Fault): Promise<void> {
  const { journal, agent, plan, at } = stage;
  switch (kind) {
    case 'reload': {
      const variant = Math.floor(choice * VARIANTS);
      journal.note('agent', `reload with variant ${variant}`);
      return agent.reload(configurationOf(plan, at, variant));
    }
    case 'bad reload':
      journal.note('agent', 'reload with a configuration that is wrong');
      return agent.reload('receivers: {otlp: {protocols: {pigeon: {}}}}');
    case 'freeze': {
      journal.note('agent', `SIGSTOP for ${forMs} ms`);
      const trouble = journal.begin('agent frozen');
      agent.signal('SIGSTOP');
      await sleep(forMs);
      agent.signal('SIGCONT');
      journal.end(trouble);
      return undefined;
    }
    case 'kill in reload': {
      const variant = Math.floor(((choice * 1_000) % 1) * VARIANTS);
      const afterMs = Math.round(choice * MOST_RELOAD_MS);
      journal.note('agent', `SIGKILL ${afterMs} ms into a reload with variant ${variant}`);
      agent.beginReload(configurationOf(plan, at, variant));
      await sleep(afterMs);
      await agent.kill();
      break;
    }
    case 'kill in stop': {
      const afterMs = Math.round(choice * MOST_RELOAD_MS);
      journal.note('agent', `SIGKILL ${afterMs} ms into a stop, down for ${forMs} ms`);
      agent.beginStop();
      await sleep(afterMs);
      await agent.kill();
      break;
    }
    case 'kill in start': {
      const afterMs = Math.round(choice * MOST_START_MS);
      journal.note('agent', `SIGKILL, and again ${afterMs} ms into a start, down for ${forMs} ms`);
      await agent.kill();
      agent.beginStart();
      await sleep(afterMs);
      await agent.kill();
      break;
    }
    case 'terminate':
      journal.note('agent', `SIGTERM, down for ${forMs} ms`);
      await agent.terminate();
      break;
    default:
      journal.note('agent', `SIGKILL, down for ${forMs} ms`);
      await agent.kill();
      if (kind === 'damage') damage(stage, choice);
  }
  await sleep(forMs);
  await agent.start();
  journal.note('agent', 'started');
  return undefined;
}

function damage({ journal, at, damages }: Stage, choice: number): void {
  const done = damageQueue(at.directory, choice);
  if (!done) {
    journal.note('files', 'nothing to damage');
    return;
  }
  journal.note('files', `damaged ${done.file}: ${done.what}; ${done.lost.length} spans were in it`);
  journal.count(`damage ${done.what}`);
  if (done.isForgetful) journal.moment('forgotten');
  damages.push({ ...done, atMs: nowMs() });
}

async function shakeSink({ journal, sink }: Stage, { kind, forMs, mode }: Fault): Promise<void> {
  const trouble = journal.begin('sink');
  if (kind === 'kill') {
    journal.note('sink', `SIGKILL, down for ${forMs} ms`);
    await sink.kill();
    await sleep(forMs);
    await sink.start();
  } else if (kind === 'freeze') {
    journal.note('sink', `SIGSTOP for ${forMs} ms`);
    sink.signal('SIGSTOP');
    await sleep(forMs);
    sink.signal('SIGCONT');
  } else {
    const now: SinkMode = mode ?? 'good';
    journal.note('sink', `${now} for ${forMs} ms`);
    await sink.be(now);
    await sleep(forMs);
    await sink.be('good');
  }
  await sleep(SETTLE_MS);
  journal.end(trouble);
  journal.note('sink', 'good');
}

async function shakeNetwork({ journal, network }: Stage, { kind, forMs }: Fault): Promise<void> {
  const how = kind === 'stall' || kind === 'half-close' ? kind : 'cut';
  journal.note('network', `${how} for ${forMs} ms`);
  const trouble = journal.begin('network');
  network.disturb(how);
  await sleep(forMs);
  network.mend();
  journal.end(trouble);
  journal.note('network', 'mended');
}

/** Until nothing more fits. */
async function fillDisk({ journal, at }: Stage, { forMs }: Fault): Promise<void> {
  const trouble = journal.begin('disk');
  const ballast = path.join(at.directory, 'ballast');
  const file = openSync(ballast, 'w');
  let bytes = 0;
  try {
    for (let step = BALLAST_STEP; step > 0;) {
      try {
        const written = writeSync(file, Buffer.alloc(step));
        bytes += written;
        if (written < step) step >>>= 1;
      } catch {
        step >>>= 1;
      }
    }
  } finally {
    closeSync(file);
  }
  journal.note('disk', `full for ${forMs} ms with ${bytes} bytes of ours`);
  await sleep(forMs);
  rmSync(ballast);
  journal.end(trouble);
  journal.note('disk', 'has room again');
}

function stepClock({ journal, clockFile }: Stage, fault: Fault): void {
  journal.note('clock', `is off by ${stepOf(fault) / 1000} s`);
  writeFileSync(clockFile, String(stepOf(fault)));
}
