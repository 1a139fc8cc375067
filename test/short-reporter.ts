// Reports a whole run on one page: a line per file, what was skipped and why, every failure in full, and the totals.

import path from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

type Failure = Extract<TestEvent, { type: 'test:fail' }>['data'];
type Summary = Extract<TestEvent, { type: 'test:summary' }>['data'];

function relative(file: string | undefined): string {
  return file === undefined ? '' : path.relative(process.cwd(), file);
}

function fileLine({ counts, duration_ms: ms, success, file }: Summary): string {
  const { passed, skipped, tests } = counts;
  const failed = tests - passed - skipped;
  const parts = [`${passed} passed`, failed > 0 && `${failed} FAILED`, skipped > 0 && `${skipped} skipped`];
  return `${success ? '✔' : '✖'} ${relative(file)}: ${parts.filter(Boolean).join(', ')} (${(ms / 1000).toFixed(1)} s)\n`;
}

function totals({ counts, duration_ms: ms }: Summary): string {
  const { tests, passed, skipped, cancelled } = counts;
  const failed = tests - passed - skipped;
  return `\n${tests} tests: ${passed} passed, ${failed} failed (${cancelled} of them cancelled), ${skipped} skipped, in ${(ms / 1000).toFixed(1)} s\n`;
}

/** Undefined for a suite that failed because of its tests: those are shown themselves. */
function failureText({ name, file, line, details }: Failure): string | undefined {
  const { error } = details;
  if ('failureType' in error && error.failureType === 'subtestsFailed') return undefined;
  const text = inspect(error.cause ?? error).replaceAll('\n', '\n    ');
  return `✖ ${name} (${relative(file)}:${line ?? 0})\n    ${text}\n`;
}

export default async function* shortReporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failures: string[] = [];
  for await (const event of events) {
    switch (event.type) {
      case 'test:pass': {
        const { skip, name } = event.data;
        if (skip !== undefined && skip !== false) yield `﹣ ${name}${typeof skip === 'string' ? ` # ${skip}` : ''}\n`;
        break;
      }
      case 'test:fail': {
        const text = failureText(event.data);
        if (text === undefined) break;
        failures.push(text);
        yield text;
        break;
      }
      case 'test:stderr':
        yield event.data.message;
        break;
      case 'test:diagnostic':
        // Figures of tests that measure; the run's own totals have no file.
        if (event.data.file !== undefined) yield `ℹ ${event.data.message}\n`;
        break;
      case 'test:summary':
        yield event.data.file === undefined ? totals(event.data) : fileLine(event.data);
        break;
      default:
    }
  }
  // Once more where a person looks first: at the end.
  if (failures.length > 0) yield `\n${failures.length} failed:\n\n${failures.join('\n')}`;
}
