// The agents that are compared, and one of them running.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePorts, startAgent, type Program } from '../../test/support/agent.ts';
import type { AgentPorts } from './configuration.ts';

export interface Contender {
  readonly name: 'genesis-agent' | 'otelcol';
  /** The program and its arguments before `--config FILE`. */
  readonly command: string;
  readonly args: readonly string[];
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Flags as in cmd/genesis-agent, which would prefer the sources. */
const DIST: Contender = {
  name: 'genesis-agent',
  command: `${ROOT}node_modules/.bin/node`,
  args: ['--max-semi-space-size=2', '--heap-growing-percent=150', '--title=genesis-agent', `${ROOT}dist/main.js`],
};

/** Ours as a person runs it: the sources by the launcher, or what `npm run build` made of them. */
export function ourContender(form: 'source' | 'dist'): Contender {
  if (form === 'source') return { name: 'genesis-agent', command: `${ROOT}cmd/genesis-agent`, args: [] };
  if (!existsSync(`${ROOT}dist/main.js`)) throw new Error('there is no dist/; run `npm run build` first');
  return DIST;
}

/** The collector that OTELCOL names, or that bench/otelcol/build.sh built. */
export function peerContender(): Contender | undefined {
  const named = process.env['OTELCOL'];
  const built = `${ROOT}bench/otelcol/_build/otelcol`;
  const command = named ?? (existsSync(built) ? built : undefined);
  return command === undefined ? undefined : { name: 'otelcol', command, args: [] };
}

export async function agentPorts(): Promise<AgentPorts> {
  const [grpc = 0, http = 0, metrics = 0] = await freePorts(3);
  return { grpc, http, metrics };
}

/** Starts it and waits until it says it is ready. */
export function startContender({ command, args }: Contender, config: object): Promise<Program> {
  return startAgent({ command, argsBefore: args, config });
}

/** A collector whose blocking queue is stuck does not answer for its metrics either. */
const SCRAPE_TIMEOUT_MS = 5000;

/** Spans the receiver says it accepted, from the agent's own metrics (both use the collector's names); NaN without answer. */
export async function acceptedSpans(ports: AgentPorts): Promise<number> {
  let text: string;
  try {
    const signal = AbortSignal.timeout(SCRAPE_TIMEOUT_MS);
    text = await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`, { signal })).text();
  } catch {
    return Number.NaN;
  }
  let sum = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('otelcol_receiver_accepted_spans')) sum += Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return sum;
}
