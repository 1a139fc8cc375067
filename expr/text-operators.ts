// The operators of texts: matches, contains, startsWith, endsWith. With nil on either side the answer is false.

import { compileRe2, type Re2 } from '../pipeline/regexp.ts';
import { AgentError } from '../pipeline/errors.ts';
import { ExprEvaluationError } from './errors.ts';
import { typeName, type Value } from './value.ts';

type Match = (a: Value, b: Value) => boolean;

/** `pattern` is the right side where it is constant, and then compiled once. */
export function matchWith(operator: 'matches' | 'contains' | 'startsWith' | 'endsWith', pattern?: string): Match {
  switch (operator) {
    case 'contains':
      return textual((a, b) => a.includes(b), operator);
    case 'startsWith':
      return textual((a, b) => a.startsWith(b), operator);
    case 'endsWith':
      return textual((a, b) => a.endsWith(b), operator);
    default:
      return matching(pattern);
  }
}

function textual(test: (a: string, b: string) => boolean, operator: string): Match {
  return (a, b) => {
    if (typeof a === 'string' && typeof b === 'string') return test(a, b);
    if (a === null || b === null) return false;
    throw new ExprEvaluationError(`${operator} between ${typeName(a)} and ${typeName(b)}`);
  };
}

/** A pattern that comes with the data is compiled anew only when it changes. */
function matching(constant: string | undefined): Match {
  let compiled: Re2 | undefined = constant === undefined ? undefined : compileRe2(constant);
  return (a, b) => {
    if (a === null || b === null) return false;
    const text = a instanceof Uint8Array ? Buffer.from(a).toString() : a;
    if (typeof text !== 'string' || typeof b !== 'string') {
      throw new ExprEvaluationError(`matches between ${typeName(a)} and ${typeName(b)}`);
    }
    if (compiled === undefined || compiled.source !== b) compiled = patternOf(b);
    return compiled.test(text);
  };
}

function patternOf(source: string): Re2 {
  try {
    return compileRe2(source);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    throw new ExprEvaluationError(error.message);
  }
}
