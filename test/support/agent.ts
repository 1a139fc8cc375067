// Programs under test as processes: the agent, or a collector beside it, started with a configuration and stopped again.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const AGENT = fileURLToPath(new URL('../../cmd/genesis-agent', import.meta.url));
/** Both the agent and the collector say so in their log. */
const READY = /Everything is ready/;
const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 30_000;

export interface ProgramOptions {
  /** The configuration as YAML, or as an object, which is YAML as well once printed as JSON. */
  readonly config: string | object;
  /** Another program that takes `--config FILE`; the agent unless given. */
  readonly command?: string;
  /** Arguments before `--config FILE`, and after it. */
  readonly argsBefore?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program; `await using` stops it. */
export class Program {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #changed = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  readonly exited: Promise<Exit>;
  /** The configuration file, for tests that change it. */
  readonly configFile: string;

  constructor(options: ProgramOptions) {
    this.#folder = mkdtempSync(path.join(os.tmpdir(), 'agent-test-'));
    this.configFile = path.join(this.#folder, 'config.yaml');
    writeFileSync(this.configFile, asYaml(options.config));
    const args = [...(options.argsBefore ?? []), '--config', this.configFile, ...(options.args ?? [])];
    this.#child = spawn(options.command ?? AGENT, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    });
    this.#child.stdout?.on('data', (part: Buffer) => {
      this.#stdout += part.toString();
      this.#wake();
    });
    this.#child.stderr?.on('data', (part: Buffer) => {
      this.#stderr += part.toString();
      this.#wake();
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        rmSync(this.#folder, { recursive: true, force: true });
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
        this.#wake();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves once the log has said `pattern`; fails when the program ends before, or after `timeoutMs`. */
  async said(pattern: RegExp, timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    const timeout = AbortSignal.timeout(timeoutMs);
    while (!pattern.test(this.#stderr) && !pattern.test(this.#stdout)) {
      if (!this.isRunning) throw new Error(`ended before it said ${pattern}:\n${this.#stderr}`);
      if (timeout.aborted) throw new Error(`did not say ${pattern} in ${timeoutMs} ms:\n${this.#stderr}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, 200);
        const changed = this.#changed;
        function done(): void {
          clearTimeout(timer);
          changed.delete(done);
          resolve();
        }
        changed.add(done);
      });
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** SIGTERM, and the end of it. */
  async stop(): Promise<Exit> {
    if (this.isRunning) this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #wake(): void {
    for (const wake of this.#changed) wake();
  }
}

/** Starts a program and waits until it is ready. */
export async function startAgent(options: ProgramOptions): Promise<Program> {
  const program = new Program(options);
  try {
    await program.said(READY);
  } catch (error) {
    await program.stop();
    throw error;
  }
  return program;
}

/** Runs a program that is expected to end by itself, such as an agent with a bad configuration. */
export async function runAgent(options: ProgramOptions): Promise<Exit> {
  const program = new Program(options);
  const timer = setTimeout(() => program.signal('SIGKILL'), READY_TIMEOUT_MS);
  const exit = await program.exited;
  clearTimeout(timer);
  return exit;
}

/** Ports of 127.0.0.1 that nothing listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.on('error', reject);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function asYaml(config: string | object): string {
  return typeof config === 'string' ? config : JSON.stringify(config, null, 2);
}
