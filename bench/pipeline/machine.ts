// What a figure depends on: the machine and the versions of everything that took part.

import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { VERSION } from '../../pipeline/version.ts';
import type { Contender } from './contender.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly h2load: string;
  readonly agent: string;
  readonly otelcol: string;
}

export function machine(peer: Contender | undefined): Machine {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model ?? 'unknown',
    cores: cpus.length,
    memoryGib: Math.round(os.totalmem() / 2 ** 30),
    kernel: `${os.type()} ${os.release()}`,
    node: process.version,
    h2load: firstLine('h2load', ['--version']),
    agent: VERSION,
    otelcol: peer ? firstLine(peer.command, ['--version']) : 'none',
  };
}

function firstLine(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8' }).split('\n')[0]?.trim() ?? '';
}
