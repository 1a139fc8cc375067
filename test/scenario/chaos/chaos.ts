// Replays a seed: `node test/scenario/chaos/chaos.ts --seed N` runs it and says what came of it; `--verbose` prints what
// happens when it happens, `--json` one line for programs, `--agent-log` what the agent said.

import { parseArgs } from 'node:util';
import { runSeed } from './run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'agent-log': { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) {
  process.stderr.write('usage: node test/scenario/chaos/chaos.ts --seed N [--verbose] [--json] [--agent-log]\n');
  process.exit(2);
}
process.on('SIGTERM', () => process.exit(1)).on('SIGINT', () => process.exit(1));
const { agentLog, ...result } = await runSeed(seed, (line) => {
  if (values.verbose) process.stdout.write(`${line}\n`);
});
if (values['agent-log']) process.stdout.write(`${agentLog}\n`);
process.stdout.write(`${values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2)}\n`);
process.exitCode = result.violations.length === 0 ? 0 : 1;
