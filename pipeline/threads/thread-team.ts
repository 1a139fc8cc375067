// The further data threads, seen from the main one: started and stopped with the agent, exchanged with it in one step, and
// heard together with it when somebody asks how things are.

import type { Worker } from 'node:worker_threads';
import type { ComponentState, Figure } from '../component.ts';
import type { DropRecord } from '../drops.ts';
import type { LogSource } from '../own-telemetry/component-telemetry.ts';
import type { MetricStore } from '../own-telemetry/metric-store.ts';
import type { EndedSpan } from '../own-telemetry/tracer.ts';
import { Asker, type DataThreadSetup, type News, type Preparation } from './messages.ts';

export interface ThreadTeamOptions {
  /** Beside the main thread. */
  readonly threads: number;
  readonly setup: Omit<DataThreadSetup, 'dataThread' | 'thread'>;
  /** Starts a thread that runs `runDataThread` with this setup. */
  readonly spawn: (setup: DataThreadSetup) => Worker;
  readonly logs: LogSource;
  readonly store: MetricStore;
  readonly onSpan: (span: EndedSpan) => void;
  readonly onFatal: (component: string, reason: string) => void;
}

interface Member {
  readonly thread: number;
  readonly worker: Worker;
  readonly asker: Asker;
  readonly exited: Promise<void>;
  states: readonly ComponentState[];
  flow: readonly Figure[];
}

/** How long a figure's question waits for a busy thread before its last answer is used. */
const TELL_TIMEOUT_MS = 2_000;
/** What a thread may take after its drain deadline to report what it gave up. */
const STOP_GRACE_MS = 2_000;

export class ThreadTeam {
  readonly #options: ThreadTeamOptions;
  readonly #members: readonly Member[];
  readonly #listeners = new Set<(state: ComponentState) => void>();
  #stopping = false;

  constructor(options: ThreadTeamOptions) {
    this.#options = options;
    this.#members = Array.from({ length: options.threads }, (_, index) => this.#start(index + 1));
    if (options.threads > 0) options.store.gather = () => this.#gather();
  }

  /** Of each further thread, its components' states. */
  states(): readonly (readonly ComponentState[])[] {
    return this.#members.map(({ states }) => states);
  }

  /** Hears of changes in the further threads; returns how to stop that. */
  listen(listener: (state: ComponentState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What flowed through the further threads' components, as of the last gathering. */
  flows(): readonly (readonly Figure[])[] {
    return this.#members.map(({ flow }) => flow);
  }

  async drops(traceId: string | undefined): Promise<readonly DropRecord[]> {
    return (await Promise.all(this.#members.map(({ asker }) => asker.ask('drops', traceId)))).flat();
  }

  /** Every thread starts what is new; where one can not, all go back, and its error is thrown. */
  async prepare(preparation: Preparation): Promise<void> {
    const results = await Promise.allSettled(this.#members.map(({ asker }) => asker.ask('prepare', preparation)));
    const failed = results.find((result) => result.status === 'rejected');
    if (!failed) return;
    const prepared = this.#members.filter((_, index) => results[index]?.status === 'fulfilled');
    await Promise.allSettled(prepared.map(({ asker }) => asker.ask('abort', undefined)));
    throw failed.reason;
  }

  async commit(): Promise<void> {
    await Promise.all(this.#members.map(({ asker }) => asker.ask('commit', undefined)));
  }

  async abort(): Promise<void> {
    await Promise.all(this.#members.map(({ asker }) => asker.ask('abort', undefined)));
  }

  /** Drains all threads. One that has not finished long after its own deadline is ended. */
  async stop(): Promise<void> {
    await this.#gather();
    this.#stopping = true;
    const cut = (): void => {
      for (const { worker } of this.#members) void worker.terminate();
    };
    const timer = setTimeout(cut, this.#options.setup.drainTimeoutMs + STOP_GRACE_MS);
    await Promise.allSettled(this.#members.map(({ asker }) => asker.ask('stop', undefined)));
    await Promise.all(this.#members.map(({ exited }) => exited));
    clearTimeout(timer);
  }

  #start(thread: number): Member {
    const worker = this.#options.spawn({ ...this.#options.setup, dataThread: true, thread });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for browser windows.
    const asker = new Asker((request) => worker.postMessage(request));
    const exited = new Promise<void>((resolve) => {
      worker.once('exit', (code) => {
        const reason = `data thread ${thread} ended with code ${code}`;
        asker.end(new Error(reason));
        if (!this.#stopping) this.#options.onFatal(`thread:${thread}`, reason);
        resolve();
      });
    });
    const member: Member = { thread, worker, asker, exited, states: [], flow: [] };
    worker.on('error', (error: unknown) => {
      // As an uncaught exception on the main thread would: nobody knows what state the thread was in.
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#options.onFatal(`thread:${thread}`, reason);
    });
    worker.on('message', (message: object) => {
      // Threads send answers and news, nothing else.
      if (!asker.take(message)) this.#hear(member, message as News);
    });
    return member;
  }

  #hear(member: Member, news: News): void {
    switch (news.news) {
      case 'log':
        this.#options.logs.child({ ...news.own, thread: String(member.thread) })[news.level](news.line, news.message);
        return;
      case 'span':
        this.#options.onSpan(news.span);
        return;
      case 'fatal':
        this.#options.onFatal(news.component, news.reason);
        return;
      default: {
        const before = new Set(member.states.map((state) => JSON.stringify(state)));
        member.states = news.states;
        for (const state of news.states) {
          if (before.has(JSON.stringify(state))) continue;
          for (const listener of this.#listeners) listener(state);
        }
      }
    }
  }

  async #gather(): Promise<void> {
    await Promise.all(
      this.#members.map(async (member) => {
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<undefined>((resolve) => {
          timer = setTimeout(() => resolve(undefined), TELL_TIMEOUT_MS);
        });
        try {
          const told = await Promise.race([member.asker.ask('tell', undefined), late]);
          if (!told) return;
          member.flow = told.flow;
          this.#options.store.setPart(member.thread, told.families);
        } catch {
          // A thread that has ended is reported where that is noticed; its last figures stay.
        } finally {
          clearTimeout(timer);
        }
      }),
    );
  }
}
