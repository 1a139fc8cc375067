// The agent's log: pino with the collector's `service.telemetry.logs`, a ring of recent warnings and errors for the admin
// page, and taps for the OTLP export of the log.

import { fileURLToPath } from 'node:url';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { LoggedError } from '../component.ts';
import { AgentError } from '../errors.ts';
import type { ComponentLogger } from '../telemetry.ts';
import { consoleLine, type LogEntry } from './log-lines.ts';
import { LogSampler } from './log-sampling.ts';
import { Ring } from './ring.ts';
import type { LogsSettings, OwnResource } from './settings.ts';

/** Warnings and errors kept for the admin page, and how much of a message. */
export const RECENT_ERRORS = 200;
const MAX_MESSAGE = 2_000;

const WARN = 40;

/** zap's levels in pino's words; the three above error are one. */
const LEVELS: ReadonlyMap<string, string> = new Map([
  ['', 'info'],
  ['debug', 'debug'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['error', 'error'],
  ['dpanic', 'fatal'],
  ['panic', 'fatal'],
  ['fatal', 'fatal'],
]);

const DEFAULT_SAMPLING = { tickMs: 10_000, initial: 10, thereafter: 100 };

/** Sees every line that is written. */
export type LogTap = (entry: LogEntry) => void;

export interface AgentLogsOptions {
  readonly settings?: LogsSettings;
  readonly resource: OwnResource;
  readonly now: () => number;
}

export class AgentLogs {
  readonly #root: Logger;
  readonly #outputs: readonly Output[];
  readonly #errors = new Ring<LoggedError>(RECENT_ERRORS);
  readonly #taps: LogTap[] = [];

  /** Opens the outputs. Fails with LOG_OUTPUT. */
  constructor(options: AgentLogsOptions) {
    const { settings = {}, resource, now } = options;
    const isJson = settings.encoding === 'json';
    const sampler = makeSampler(settings, now);
    this.#outputs = openOutputs(settings);
    const base = {
      ...settings.initial_fields,
      ...(isJson && settings.disable_zap_resource !== true ? { resource } : {}),
    };
    this.#root = pino(
      {
        level: pinoLevel(settings.level),
        base,
        messageKey: 'msg',
        errorKey: 'error',
        formatters: { level: (label) => ({ level: label }) },
        timestamp: () => `,"ts":"${new Date(now()).toISOString()}"`,
        hooks: {
          logMethod(args, method, level) {
            const message = args.at(-1);
            if (!sampler || sampler.admits(level, typeof message === 'string' ? message : '')) method.apply(this, args);
          },
        },
      },
      this.#destination(isJson, now),
    );
  }

  /** What is below is not written. */
  get level(): 'debug' | 'info' | 'warn' | 'error' {
    return (['debug', 'info', 'warn'] as const).find((level) => this.#root.isLevelEnabled(level)) ?? 'error';
  }

  /** For what belongs to no component. */
  get root(): ComponentLogger {
    return this.#root;
  }

  /** A logger whose lines carry these fields, e.g. `otelcol.component.id`. */
  child(fields: Readonly<Record<string, string>>): ComponentLogger {
    return this.#root.child(fields);
  }

  /** Newest first. */
  recentErrors(): readonly LoggedError[] {
    return this.#errors.newestFirst();
  }

  tap(tap: LogTap): void {
    this.#taps.push(tap);
  }

  /** Opens files again, after a log rotation has moved them. */
  reopen(): void {
    for (const output of this.#outputs) if (output.isFile) output.stream.reopen();
  }

  close(): void {
    for (const { stream, isFile } of this.#outputs) {
      stream.flushSync();
      if (isFile) stream.end();
    }
  }

  #destination(isJson: boolean, now: () => number): DestinationStream {
    const outputs = this.#outputs;
    const see = (entry: LogEntry): void => this.#see(entry);
    // With this symbol pino also leaves the line's parts on the stream, so that nothing has to be parsed again.
    return {
      [Symbol.for('pino.metadata')]: true,
      lastLevel: 0,
      lastMsg: '',
      lastObj: {},
      lastLogger: undefined,
      write(line: string): void {
        const entry = entryOf(this, now());
        see(entry);
        const written = isJson ? line : consoleLine(entry);
        for (const { stream } of outputs) stream.write(written);
      },
    } as DestinationStream & LastLine;
  }

  #see(entry: LogEntry): void {
    if (entry.level >= WARN) {
      this.#errors.push({
        timeUnixMs: entry.timeUnixMs,
        level: entry.level === WARN ? 'warn' : 'error',
        component: componentOf(entry.fields),
        message: describe(entry).slice(0, MAX_MESSAGE),
      });
    }
    for (const tap of this.#taps) tap(entry);
  }
}

interface LastLine {
  lastLevel: number;
  lastMsg: string | undefined;
  lastObj: object | null;
  lastLogger: Logger | undefined;
}

/** The bindings of a logger never change; pino keeps them as text, so each logger's are read once. */
const bindingsOf = new WeakMap<Logger, Record<string, unknown>>();

function entryOf(stream: unknown, timeUnixMs: number): LogEntry {
  // Safe: `this` of the destination's write, made above with these fields, which pino sets before each call.
  const last = stream as LastLine;
  const logger = last.lastLogger;
  let bindings = logger && bindingsOf.get(logger);
  if (logger && !bindings) {
    bindings = logger.bindings();
    delete bindings['resource'];
    bindingsOf.set(logger, bindings);
  }
  // An error given as the fields is named `error`, as pino does it.
  const own = last.lastObj instanceof Error ? { error: last.lastObj } : last.lastObj;
  return { timeUnixMs, level: last.lastLevel, message: last.lastMsg ?? '', fields: { ...bindings, ...own } };
}

/** The message with what went wrong, where the line says it in a field. */
function describe(entry: LogEntry): string {
  const { error, reason } = entry.fields;
  const cause = error instanceof Error ? error.message : (error ?? reason);
  return typeof cause === 'string' ? `${entry.message} ${cause}` : entry.message;
}

function componentOf(fields: LogEntry['fields']): string {
  const id = fields['otelcol.component.id'];
  const { component } = fields;
  if (typeof id !== 'string') return typeof component === 'string' ? component : '';
  const kind = fields['otelcol.component.kind'];
  return typeof kind === 'string' ? `${kind}:${id}` : id;
}

function pinoLevel(level: string | undefined): string {
  const known = LEVELS.get((level ?? 'info').toLowerCase());
  if (known !== undefined) return known;
  throw new AgentError('LOG_OUTPUT', `"${level}" is not a log level; expected debug, info, warn, error or fatal`, {
    path: 'service::telemetry::logs::level',
  });
}

function makeSampler(settings: LogsSettings, now: () => number): LogSampler | undefined {
  const { sampling } = settings;
  if (sampling === null || sampling?.enabled === false) return undefined;
  const options = {
    tickMs: sampling?.tick ?? DEFAULT_SAMPLING.tickMs,
    initial: sampling?.initial ?? DEFAULT_SAMPLING.initial,
    thereafter: sampling?.thereafter ?? DEFAULT_SAMPLING.thereafter,
  };
  return new LogSampler(options, now);
}

type Output = { readonly stream: ReturnType<typeof pino.destination>; readonly isFile: boolean };

function openOutputs(settings: LogsSettings): Output[] {
  const failures = (settings.error_output_paths ?? ['stderr']).map((path) => openOutput(path));
  return (settings.output_paths ?? ['stderr']).map((path) => {
    const output = openOutput(path);
    // A full disk or a closed pipe must not end the agent; it is said where the configuration wants it said.
    output.stream.on('error', (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      for (const failure of failures) failure.stream.write(`can not write the log to ${path}: ${reason}\n`);
    });
    return output;
  });
}

function openOutput(path: string): Output {
  if (path === 'stdout') return { stream: pino.destination({ fd: 1, sync: true }), isFile: false };
  if (path === 'stderr') return { stream: pino.destination({ fd: 2, sync: true }), isFile: false };
  try {
    const dest = path.startsWith('file:') ? fileURLToPath(path) : path;
    return { stream: pino.destination({ dest, sync: true, append: true }), isFile: true };
  } catch (error) {
    throw new AgentError('LOG_OUTPUT', `can not open the log output "${path}": ${String(error)}`, {
      path: 'service::telemetry::logs::output_paths',
      mend: 'use stderr, stdout or a file in a folder that exists and that the agent may write to',
      cause: error,
    });
  }
}
