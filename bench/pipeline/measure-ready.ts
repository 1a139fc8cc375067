// How long it takes from starting the program until it answers on its OTLP port.

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Program } from '../../test/support/agent.ts';
import { configuration } from './configuration.ts';
import { agentPorts, type Contender } from './contender.ts';
import type { Sink } from './sink-process.ts';

const POLL_MS = 2;
const TIMEOUT_MS = 20_000;

/** Milliseconds from spawn to the first connection the receiver takes. */
export async function measureReady({ command, args }: Contender, sink: Sink): Promise<number> {
  const ports = await agentPorts();
  const config = configuration({
    protocol: 'grpc',
    gzip: false,
    processors: true,
    queue: {},
    ports,
    sink: sink.ports,
  });
  const started = performance.now();
  await using program = new Program({ command, argsBefore: args, config });
  while (!(await answers(ports.grpc))) {
    if (performance.now() - started > TIMEOUT_MS || !program.isRunning) {
      throw new Error(`not ready:\n${program.stderr}`);
    }
    await sleep(POLL_MS);
  }
  const elapsedMs = performance.now() - started;
  await program.said(/Everything is ready/);
  return elapsedMs;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
