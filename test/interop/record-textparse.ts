// Writes test/data/prometheus-textparse/answers.txt: what Prometheus' parser makes of the pages of textparse-cases.ts, a line
// each. With `--compare` it says instead where our readers differ.
// Run: node test/interop/record-textparse.ts path/to/record, the program of test/data/prometheus-textparse/record.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { agree, answerOf, summary, type Answer } from './textparse-answer.ts';
import { textparseCases } from './textparse-cases.ts';

const program = process.argv[2] ?? 'record';
const cases = textparseCases();
const input = JSON.stringify({ cases: cases.map((one) => ({ ...one, page: one.page.toString('base64') })) });
const output = execFileSync(program, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
// Safe: the program writes an answer a line, and nothing else.
const answers = output
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Answer & { panic?: true });

if (process.argv.includes('--compare')) {
  let differing = 0;
  for (const [index, one] of cases.entries()) {
    const theirs = answers[index];
    const ours = answerOf(one);
    if (!theirs || theirs.panic || agree(one, summary(theirs))) continue;
    differing++;
    if (differing > Number(process.argv[4] ?? 10)) continue;
    console.log(`case ${index} ${one.format} native=${one.native} keep=${one.keep}`);
    console.log(JSON.stringify(one.page.toString().slice(0, 3000)));
    const at = theirs.entries.findIndex(
      (entry, place) => JSON.stringify(entry) !== JSON.stringify(ours.entries[place]),
    );
    const place = at < 0 ? theirs.entries.length : at;
    console.log('  theirs', place, JSON.stringify(theirs.entries[place]), theirs.error);
    console.log('  ours  ', place, JSON.stringify(ours.entries[place]), ours.error);
  }
  console.log(`${differing} of ${cases.length} differ; ${answers.filter((one) => one.panic).length} panics`);
} else {
  const lines = answers.map((one) => (one.panic ? 'panic' : summary(one)));
  writeFileSync(new URL('../data/prometheus-textparse/answers.txt', import.meta.url), `${lines.join('\n')}\n`);
}
