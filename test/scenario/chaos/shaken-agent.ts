// The agent as a process that is killed, stopped, frozen and reloaded, with what it said and how much it held over all of
// its lives.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Program, startAgent, type ProgramOptions } from '../../support/agent.ts';
import { httpRequest } from '../../support/http-request.ts';
import type { Journal, Trouble } from './journal.ts';
import { nowMs } from './processes.ts';

const RELOAD_TIMEOUT_MS = 30_000;
const SAMPLE_EVERY_MS = 200;
const EXPECTED = /Configuration reloaded|The new configuration was refused/g;
const FAILS = 'Exporting failed';
const SENDING = /Exporting failed|Exporting works again/g;
const CLOCK = new URL('shifted-clock.ts', import.meta.url).href;

export class ShakenAgent {
  readonly #journal: Journal;
  readonly #metricsPort: number;
  readonly #clockFile: string;
  #program: Program | undefined;
  /** What all earlier lives said. */
  #said = '';
  #sampler: NodeJS.Timeout | undefined;
  #isEndExpected = false;
  #failing: Trouble | undefined;
  /** How much of what it says has been listened to. */
  #heard = 0;
  config: object;
  mostResidentMib = 0;
  mostDescriptors = 0;
  /** Right after the last start. */
  firstDescriptors = 0;

  constructor(options: { journal: Journal; metricsPort: number; clockFile: string; config: object }) {
    this.#journal = options.journal;
    this.#metricsPort = options.metricsPort;
    this.#clockFile = options.clockFile;
    this.config = options.config;
  }

  get said(): string {
    return this.#said + (this.#program?.stderr ?? '');
  }

  get isRunning(): boolean {
    return this.#program?.isRunning === true;
  }

  /** A start that fails is noted as what must never happen. */
  async start(): Promise<void> {
    this.#isEndExpected = false;
    try {
      const program = await startAgent(this.#options());
      this.#program = program;
      void program.exited.then(({ code, signal, stderr }) => {
        if (!this.#isEndExpected) {
          this.#journal.violation(`the agent ended by itself: ${code ?? signal}\n${stderr.slice(-3000)}`);
        }
      });
    } catch (error) {
      this.#journal.violation(`the agent did not start: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    this.firstDescriptors = this.descriptors();
    this.#sampler = setInterval(() => this.#sample(), SAMPLE_EVERY_MS);
  }

  /** As `start`, without waiting; only a kill may follow. */
  beginStart(): void {
    this.#isEndExpected = true;
    this.#program = new Program(this.#options());
  }

  /** As `terminate`, without waiting; only a kill may follow. */
  beginStop(): void {
    this.#isEndExpected = true;
    this.#program?.signal('SIGTERM');
  }

  /** As `reload`, without waiting; only a kill may follow. */
  beginReload(config: object): void {
    if (!this.#program) return;
    this.config = config;
    writeFileSync(this.#program.configFile, JSON.stringify(config));
    this.#program.signal('SIGHUP');
  }

  async kill(): Promise<void> {
    const program = this.#program;
    if (!program) return;
    this.#isEndExpected = true;
    const trouble = this.#journal.begin('killed');
    program.signal('SIGKILL');
    const { code, stderr } = await program.exited;
    this.#journal.end(trouble);
    if (code !== null && code !== 0)
      this.#journal.violation(`the agent ended by itself: ${code}\n${stderr.slice(-3000)}`);
    this.#ended(program);
  }

  /** SIGTERM, and the end; other than 0 must never be. */
  async terminate(): Promise<void> {
    const program = this.#program;
    if (!program) return;
    this.#isEndExpected = true;
    const startMs = nowMs();
    const { code, signal, stderr } = await program.stop();
    if (code !== 0)
      this.#journal.violation(`told to stop, the agent ended with ${code ?? signal}\n${stderr.slice(-3000)}`);
    this.#journal.note('agent', `stopped in ${Math.round(nowMs() - startMs)} ms`);
    this.#ended(program);
  }

  signal(name: NodeJS.Signals): void {
    this.#program?.signal(name);
  }

  /** Writes `config` (or text that is none), sends SIGHUP and waits for the verdict. */
  async reload(config: object | string): Promise<void> {
    const program = this.#program;
    if (!program) return;
    const before = program.stderr.match(EXPECTED)?.length ?? 0;
    writeFileSync(program.configFile, typeof config === 'string' ? config : JSON.stringify(config));
    program.signal('SIGHUP');
    const deadline = AbortSignal.timeout(RELOAD_TIMEOUT_MS);
    const startMs = nowMs();
    for (;;) {
      const verdicts = program.stderr.match(EXPECTED) ?? [];
      const verdict = verdicts[before];
      if (verdict !== undefined) {
        this.#journal.note('agent', `${verdict} after ${Math.round(nowMs() - startMs)} ms`);
        if (verdict.startsWith('Conf') !== (typeof config === 'object')) this.#journal.violation(`reload: ${verdict}`);
        break;
      }
      if (deadline.aborted || !program.isRunning) {
        this.#journal.violation(`no verdict on a reload in ${RELOAD_TIMEOUT_MS} ms`);
        break;
      }
      await sleep(20);
    }
    if (typeof config === 'object') this.config = config;
  }

  /** The values of its metrics whose name begins with `name`, added up; undefined where it does not answer. */
  async metric(name: string): Promise<number | undefined> {
    try {
      const { body } = await httpRequest(`http://127.0.0.1:${this.#metricsPort}/metrics`, { method: 'GET' });
      const values = body
        .toString()
        .split('\n')
        .filter((line) => line.startsWith(name))
        .map((line) => Number(line.split(' ').at(-1)));
      return values.reduce((sum, value) => sum + value, 0);
    } catch {
      return undefined;
    }
  }

  /** Numbers that its log lines gave under `key`. */
  logged(key: string): number[] {
    return [...this.said.matchAll(new RegExp(`"${key}": ?(\\d+)`, 'g'))].map(([, value]) => Number(value));
  }

  get toldLost(): number {
    const lines = this.said.matchAll(/Items lost\.\s+\{[^\n]*"items": ?(\d+)/g);
    return [...lines].reduce((sum, [, items]) => sum + Number(items), 0);
  }

  descriptors(): number {
    try {
      return readdirSync(`/proc/${this.#program?.pid}/fd`).length;
    } catch {
      return 0;
    }
  }

  #options(): ProgramOptions {
    return { config: this.config, env: { NODE_OPTIONS: `--import ${CLOCK}`, CHAOS_CLOCK_FILE: this.#clockFile } };
  }

  /** Notes from when to when it says that sends fail. */
  #listen({ stderr }: Program): void {
    const end = stderr.lastIndexOf('\n') + 1;
    for (const [line] of stderr.slice(this.#heard, end).matchAll(SENDING)) {
      if (line === FAILS) this.#failing ??= this.#journal.begin('failing');
      else this.#sends();
    }
    this.#heard = end;
  }

  #sends(): void {
    if (this.#failing) this.#journal.end(this.#failing);
    this.#failing = undefined;
  }

  #sample(): void {
    if (this.#program) this.#listen(this.#program);
    this.mostDescriptors = Math.max(this.mostDescriptors, this.descriptors());
    try {
      const status = readFileSync(`/proc/${this.#program?.pid}/status`, 'latin1');
      const kib = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
      this.mostResidentMib = Math.max(this.mostResidentMib, kib / 1024);
    } catch {
      // It ends just now.
    }
  }

  #ended(program: Program): void {
    clearInterval(this.#sampler);
    this.#listen(program);
    this.#sends();
    this.#heard = 0;
    this.#said += program.stderr;
    this.#program = undefined;
  }
}
