// Shows one simulation: `node test/simulation/replay.ts SEED` prints what was decided, everything that happened, and what
// was wrong with it.

import { inspect } from 'node:util';
import { simulate } from './simulate.ts';

const seed = Number(process.argv[2]);
if (!Number.isSafeInteger(seed)) {
  process.stderr.write('usage: node test/simulation/replay.ts SEED\n');
  process.exit(2);
}
const { plan, log, steps, violation } = await simulate(seed, { isLogged: true });
const { arrivals, ...rest } = plan;
process.stdout.write(
  `${inspect(rest, { depth: 5, compact: true, breakLength: 120 })}\n${arrivals.length} batches arrive\n`,
);
process.stdout.write(
  `${log.join('\n')}\n${steps} steps: ${violation ? String(violation.stack) : 'all as it should be'}\n`,
);
process.exitCode = violation ? 1 : 0;
