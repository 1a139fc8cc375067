// Counts for test/run.ts what of each file's report arrived: one line of JSON per file, at the end of the run.

import type { TestEvent } from 'node:test/reporters';

export interface FileReport {
  readonly file: string;
  /** Results that arrived, of tests without their suites. */
  readonly arrived: number;
  /** How many there are by the file's own last word, which is missing where its process ended before. */
  readonly announced?: number;
}

export default async function* completenessReporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const arrived = new Map<string, number>();
  const announced = new Map<string, number>();
  for await (const { type, data } of events) {
    if (type === 'test:summary') {
      if (data.file !== undefined) announced.set(data.file, data.counts.tests);
    } else if (type === 'test:pass' || type === 'test:fail') {
      // Without an entry file it is the runner's own word about a file of which nothing else came.
      const { entryFile: file, details } = data;
      if (file !== undefined && details.type !== 'suite') arrived.set(file, (arrived.get(file) ?? 0) + 1);
    }
  }
  for (const file of new Set([...arrived.keys(), ...announced.keys()])) {
    const count = announced.get(file);
    const report: FileReport = {
      file,
      arrived: arrived.get(file) ?? 0,
      ...(count !== undefined && { announced: count }),
    };
    yield `${JSON.stringify(report)}\n`;
  }
}
