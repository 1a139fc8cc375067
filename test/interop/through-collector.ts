// Sends OTLP/JSON through one processor of a running otelcol and gives back what its file exporter wrote.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Signal } from '../../pipeline/signal.ts';

/** A processor with its settings, as YAML in one line. */
export interface ProcessorCase {
  readonly signal: Signal;
  readonly type: string;
  readonly settings: string;
}

const PATHS: Readonly<Record<Signal, string>> = {
  traces: '/v1/traces',
  logs: '/v1/logs',
  metrics: '/v1/metrics',
  profiles: '/v1development/profiles',
};

const ATTEMPTS = 200;
const WAIT_MS = 25;

/** Per case the OTLP/JSON requests that came out, in order; all cases are given the requests of their signal. */
export async function throughCollector(
  otelcol: string,
  cases: readonly ProcessorCase[],
  requests: Readonly<Partial<Record<Signal, readonly object[]>>>,
): Promise<object[][]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'otelcol-'));
  try {
    const port = await freePort();
    const file = path.join(folder, 'config.yaml');
    writeFileSync(file, configuration(cases, port, folder));
    const child = spawn(otelcol, [`--config=${file}`, '--feature-gates=service.profilesSupport'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (data: Buffer) => (log += data.toString()));
    const ended = once(child, 'exit');
    try {
      await listening(port, () => (child.exitCode === null ? undefined : log));
      for (const [signal, list] of Object.entries(requests)) {
        // Safe: the keys are signals.
        for (const request of list) await post(port, signal as Signal, request);
      }
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
    return cases.map((_, index) => linesOf(path.join(folder, `out-${index}.json`)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function configuration(cases: readonly ProcessorCase[], port: number, folder: string): string {
  const section = (entry: (one: ProcessorCase, index: number) => string): string => cases.map(entry).join('\n');
  return `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}", include_metadata: true}}}}
processors:
${section(({ type, settings }, index) => `  ${type}/${index}: ${settings}`)}
exporters:
${section((_, index) => `  file/${index}: {path: "${path.join(folder, `out-${index}.json`)}"}`)}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
${section(
  ({ signal, type }, index) =>
    `    ${signal}/${index}: {receivers: [otlp], processors: [${type}/${index}], exporters: [file/${index}]}`,
)}
`;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has an address and a port');
  return address.port;
}

/** Waits until something answers; `failure` says why it never will. */
export async function listening(port: number, failure: () => string | undefined): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const log = failure();
    if (log !== undefined) throw new Error(`the collector ended: ${log}`);
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return;
    } catch {
      await sleep(WAIT_MS);
    }
  }
  throw new Error('the collector does not listen');
}

/** Sends a request as OTLP/JSON. */
export async function post(port: number, signal: Signal, request: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${PATHS[signal]}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tenant': 'one' },
    body: JSON.stringify(request),
  });
  if (!response.ok) throw new Error(`the collector answered ${response.status}: ${await response.text()}`);
}

function linesOf(file: string): object[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  // Safe: the file exporter writes an object per line.
  return lines.map((line) => JSON.parse(line) as object);
}
