// Run under a limit on the size of files: writes a small request, one that is too large, and a small one; prints what became
// of each. With `empty` somebody else empties the file before the large one.

import { truncateSync } from 'node:fs';
import file from '../../../exporters/file/index.ts';
import { SOON, testContext } from '../../support/context.ts';
import { batchOfJson } from '../../support/processor.ts';

const [mode, target = ''] = process.argv.slice(2);
const batchOf = (name: string) =>
  batchOfJson('traces', { resourceSpans: [{ resource: {}, scopeSpans: [{ spans: [{ name }] }] }] });

const { context } = testContext({ kind: 'exporter', id: 'file' });
const exporter = file.create(file.config.parse({ path: target }), context);
const outcomes: string[] = [];
await exporter.start();
for (const name of ['one', 'x'.repeat(10_000), 'one']) {
  if (mode === 'empty' && name !== 'one') truncateSync(target);
  outcomes.push(
    await exporter.consume(batchOf(name)).then(
      () => 'taken',
      (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
    ),
  );
}
await exporter.stop(SOON());
process.stdout.write(JSON.stringify(outcomes));
