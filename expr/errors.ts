// Errors of expressions: while they are compiled, for people, with the place; while they are evaluated, as values of one kind.

import { nearestName } from '../pipeline/config/nearest.ts';
import { AgentError } from '../pipeline/errors.ts';

/** What is shown of a line to both sides of the place. */
const SHOWN = 60;

/** Names in problems may be of any length. */
const MAX_PROBLEM = 300;

/** `at` is an offset in the source, from 0. */
export function invalid(source: string, at: number, problem: string, mend?: string): AgentError {
  const { line, column } = placeOf(source, at);
  const message = `${shortened(problem, MAX_PROBLEM)}, at line ${line}, column ${column} of the expression\n${snippet(source, at)}`;
  return new AgentError('EXPR_INVALID', message, mend === undefined ? {} : { mend });
}

/** An unknown name, with the nearest known one. */
export function unknownName(
  source: string,
  at: number,
  name: { readonly what: string; readonly seen: string; readonly known: Iterable<string> },
): AgentError {
  const nearest = nearestName(name.seen, name.known);
  const mend = nearest === undefined ? undefined : `did you mean ${nearest}?`;
  return invalid(source, at, `there is no ${name.what} ${JSON.stringify(name.seen)} here`, mend);
}

/** Both from 1; columns in characters. */
export function placeOf(source: string, at: number): { readonly line: number; readonly column: number } {
  const before = source.slice(0, at).split('\n');
  return { line: before.length, column: Array.from(before.at(-1) ?? '').length + 1 };
}

/** The line, and below it a mark where it went wrong. */
function snippet(source: string, at: number): string {
  const lineStart = source.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = source.indexOf('\n', at);
  const start = Math.max(lineStart, at - SHOWN);
  const end = Math.min(lineEnd === -1 ? source.length : lineEnd, at + SHOWN);
  const shown = source.slice(start, end).replaceAll(/\s/g, ' ');
  return `  | ${shown}\n  | ${' '.repeat(Array.from(source.slice(start, at)).length)}^`;
}

const MAX_MESSAGE_LENGTH = 500;

/** Evaluation failed for these values; the expression is valid. */
export class ExprEvaluationError extends Error {
  override readonly name = 'ExprEvaluationError';
  /** The message without the place. */
  readonly problem: string;

  /** Messages hold values, which may be of any length; logs should not. */
  constructor(problem: string, place?: { readonly source: string; readonly at: number }) {
    const short = shortened(problem, MAX_MESSAGE_LENGTH);
    super(place === undefined ? short : `${short}, at ${placed(place)}`);
    this.problem = short;
  }
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function placed({ source, at }: { readonly source: string; readonly at: number }): string {
  const { line, column } = placeOf(source, at);
  return `line ${line}, column ${column} of ${shortened(source, 2 * SHOWN)}`;
}
