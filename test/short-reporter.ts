// Reports a whole run on one page: a line per file, what was skipped and why, every failure in full, and the totals.

import path from 'node:path';
import { Readable } from 'node:stream';
import { spec } from 'node:test/reporters';
import type { TestEvent } from 'node:test/reporters';

function printed(message: string): TestEvent {
  // What a test itself prints has this shape; the spec reporter passes it on as it is.
  return { type: 'test:stdout', data: { file: '', message } };
}

function line(data: Extract<TestEvent, { type: 'test:summary' }>['data'], file: string): string {
  const { passed, skipped, tests } = data.counts;
  const failed = tests - passed - skipped;
  const seconds = (data.duration_ms / 1000).toFixed(1);
  const counts = [`${passed} passed`, failed > 0 && `${failed} FAILED`, skipped > 0 && `${skipped} skipped`];
  return `${data.success ? '✔' : '✖'} ${path.relative(process.cwd(), file)}: ${counts.filter(Boolean).join(', ')} (${seconds} s)\n`;
}

async function* notable(events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  for await (const event of events) {
    if (event.type === 'test:pass' && (event.data.skip === undefined || event.data.skip === false)) continue;
    // What passing tests print is theirs; what goes wrong is on stderr.
    if (event.type === 'test:stdout') continue;
    if (event.type === 'test:summary' && event.data.file !== undefined)
      yield printed(line(event.data, event.data.file));
    yield event;
  }
}

export default async function* shortReporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  yield* Readable.from(notable(events)).compose(spec());
}
