// Errors for people: a stable code, what failed, where, what was seen and expected, and how to mend it.

import type { ErrorCode } from './error-codes.ts';
import { withoutPasswords } from './passwords-in-urls.ts';

/** A place in a configuration source. Lines and columns from 1. */
export interface SourcePosition {
  /** File name or URI as given. */
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

export interface AgentErrorOptions {
  /** A place in a file, or a component (`exporter:otlp_grpc`), or both. */
  readonly at?: SourcePosition;
  readonly component?: string;
  /** The configuration path, `receivers::otlp::protocols::grpc::endpoint`. */
  readonly path?: string;
  /** How to mend it: a command or a line of YAML. */
  readonly mend?: string;
  readonly cause?: unknown;
}

export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: ErrorCode;
  readonly at: SourcePosition | undefined;
  readonly component: string | undefined;
  readonly path: string | undefined;
  readonly mend: string | undefined;

  /** `problem` is a sentence that says what failed, what was seen and what was expected. */
  constructor(code: ErrorCode, problem: string, options: AgentErrorOptions = {}) {
    super(withoutPasswords(problem), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.at = options.at;
    this.component = options.component;
    this.path = options.path;
    this.mend = options.mend === undefined ? undefined : withoutPasswords(options.mend);
  }

  /** `agent.yaml:4:5: receivers::otlp: … (CONFIG_KEY_UNKNOWN)` and, on a line of its own, how to mend it. */
  override toString(): string {
    const place = this.at ? `${withoutPasswords(this.at.source)}:${this.at.line}:${this.at.column}: ` : '';
    const subject = this.path ?? this.component;
    const mend = this.mend ? `\n    ${this.mend}` : '';
    return `${place}${subject ? `${subject}: ` : ''}${this.message} [${this.code}]${mend}`;
  }
}

/** Several errors at once, e.g. all of a configuration's. */
export class AgentErrors extends Error {
  override readonly name = 'AgentErrors';
  readonly errors: readonly AgentError[];

  constructor(errors: readonly AgentError[]) {
    super(errors.map((error) => error.toString()).join('\n'));
    this.errors = errors;
  }
}
