// What the main thread and the further data threads say to each other, and how a request finds its answer.

import type { MessagePort } from 'node:worker_threads';
import type { ComponentState, Figure } from '../component.ts';
import type { DropRecord } from '../drops.ts';
import type { ErrorCode } from '../error-codes.ts';
import { AgentError, AgentErrors, type SourcePosition } from '../errors.ts';
import type { FamilyPart, TelemetryLevel } from '../own-telemetry/metric-store.ts';
import type { TraceRules, ViewSettings } from '../own-telemetry/settings.ts';
import type { EndedSpan } from '../own-telemetry/tracer.ts';

/** What a thread is given at its birth. */
export interface DataThreadSetup {
  readonly dataThread: true;
  /** 1 for the first thread beside the main one. */
  readonly thread: number;
  /** Lines below are not even sent. */
  readonly logLevel: LogLevel;
  readonly metricsLevel: TelemetryLevel;
  /** Histograms are counted as the views say, so that what threads tell adds up. */
  readonly metricViews: readonly ViewSettings[];
  /** Present where the agent's own spans are recorded; they are told as they end. */
  readonly traces: TraceRules | undefined;
  /** Bytes in flight are counted for all threads together. */
  readonly admission: { readonly limitBytes: number; readonly shared: SharedArrayBuffer };
  /** Of one address, in this thread. */
  readonly maxConnections: number;
  readonly drainTimeoutMs: number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** All that a configuration is made from, as the main thread has read it. */
export interface ConfigurationSources {
  readonly uris: readonly string[];
  readonly sets: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As for `--feature-gates`. */
  readonly featureGates: string;
  /** Files and pages by name. */
  readonly texts: ReadonlyMap<string, string>;
}

/** What a thread makes its part of the new graph from. */
export interface Preparation {
  readonly sources: ConfigurationSources;
  /** The main thread's blocks (pipeline/shared-memory.ts). */
  readonly memory: ReadonlyMap<string, SharedArrayBuffer>;
}

/** What the main thread asks for, and what it gets back. */
export interface Requests {
  /** Start what is new beside what runs. */
  prepare: { ask: Preparation; answer: undefined };
  commit: { ask: undefined; answer: undefined };
  abort: { ask: undefined; answer: undefined };
  tell: { ask: undefined; answer: { readonly families: readonly FamilyPart[]; readonly flow: readonly Figure[] } };
  drops: { ask: string | undefined; answer: readonly DropRecord[] };
  stop: { ask: undefined; answer: undefined };
}

/** What a thread says unasked. */
export type News =
  | { readonly news: 'log'; readonly level: LogLevel; readonly own: LogFields; readonly line: object; message: string }
  | { readonly news: 'states'; readonly states: readonly ComponentState[] }
  | { readonly news: 'span'; readonly span: EndedSpan }
  | { readonly news: 'fatal'; readonly component: string; readonly reason: string };

type LogFields = Readonly<Record<string, string>>;

interface Request<Name extends keyof Requests = keyof Requests> {
  readonly request: number;
  readonly name: Name;
  readonly ask: Requests[Name]['ask'];
}

interface Answer {
  readonly answerTo: number;
  readonly value?: unknown;
  readonly errors?: readonly ToldError[];
}

/** An error's fields; a class does not survive the way between threads. */
interface ToldError {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly at: SourcePosition | undefined;
  readonly component: string | undefined;
  readonly path: string | undefined;
  readonly mend: string | undefined;
}

/** The asking side. */
export class Asker {
  readonly #post: (request: Request) => void;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #next = 0;
  #gone: Error | undefined;

  constructor(post: (request: Request) => void) {
    this.#post = post;
  }

  ask<Name extends keyof Requests>(name: Name, ask: Requests[Name]['ask']): Promise<Requests[Name]['answer']> {
    if (this.#gone) return Promise.reject(this.#gone);
    this.#next += 1;
    const request = this.#next;
    return new Promise((resolve, reject) => {
      // The other side answers what `Requests` says for this name.
      this.#waiting.set(request, { resolve: resolve as (value: unknown) => void, reject });
      this.#post({ request, name, ask });
    });
  }

  /** False where the message is no answer. */
  take(message: object): boolean {
    if (!('answerTo' in message)) return false;
    // Only `answerAll` makes messages with this field.
    const { answerTo, value, errors } = message as Answer;
    const waiting = this.#waiting.get(answerTo);
    this.#waiting.delete(answerTo);
    if (errors) waiting?.reject(asError(errors));
    else waiting?.resolve(value);
    return true;
  }

  /** The other side is no more: nothing will be answered. */
  end(reason: Error): void {
    this.#gone = reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}

export type Handlers = {
  readonly [Name in keyof Requests]: (ask: Requests[Name]['ask']) => Promise<Requests[Name]['answer']>;
};

/** The answering side. */
export function answerAll(port: MessagePort, handlers: Handlers): void {
  port.on('message', (message: Request) => {
    // The name decides the type of `ask`; the compiler can not follow that through a variable name.
    const handler = handlers[message.name] as (ask: unknown) => Promise<unknown>;
    handler(message.ask).then(
      (value) => port.postMessage({ answerTo: message.request, value } satisfies Answer),
      (error: unknown) => port.postMessage({ answerTo: message.request, errors: tell(error) } satisfies Answer),
    );
  });
}

function tell(error: unknown): ToldError[] {
  if (error instanceof AgentErrors) return error.errors.map((one) => toldError(one));
  return [toldError(error)];
}

function toldError(error: unknown): ToldError {
  if (error instanceof AgentError) {
    const { code, message, at, component, path, mend } = error;
    return { code, message, at, component, path, mend };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message, at: undefined, component: undefined, path: undefined, mend: undefined };
}

function asError(errors: readonly ToldError[]): Error {
  const made = errors.map(({ code, message, at, component, path, mend }) => {
    if (code === undefined) return new Error(message);
    return new AgentError(code, message, {
      ...(at ? { at } : {}),
      ...(component === undefined ? {} : { component }),
      ...(path === undefined ? {} : { path }),
      ...(mend === undefined ? {} : { mend }),
    });
  });
  const [first = new Error('no reason given')] = made;
  const known = made.filter((one) => one instanceof AgentError);
  return made.length > 1 && known.length === made.length ? new AgentErrors(known) : first;
}
