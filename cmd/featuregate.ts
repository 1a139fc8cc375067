// `genesis-agent featuregate`: the feature gates, their stage and default.

import { parseArgs } from 'node:util';
import { nearestName } from '../pipeline/config/nearest.ts';
import { parseFeatureGates } from '../pipeline/feature-gates.ts';
import type { Io } from './io.ts';

export async function run(args: readonly string[], io: Io): Promise<number> {
  const [id] = parseArgs({ args: [...args], options: {}, allowPositionals: true }).positionals;
  const gates = parseFeatureGates('').all();
  const shown = id === undefined ? gates : gates.filter((gate) => gate.id === id);
  if (id !== undefined && shown.length === 0) {
    const near = nearestName(
      id,
      gates.map((gate) => gate.id),
    );
    const hint = near === undefined ? 'run `genesis-agent featuregate` for all of them' : `did you mean ${near}?`;
    io.stderr.write(`there is no feature gate "${id}"; ${hint}\n`);
    return 1;
  }
  for (const gate of shown) {
    io.stdout.write(
      `${gate.id.padEnd(40)} ${gate.enabled ? 'on ' : 'off'}  ${gate.stage.padEnd(10)} ${gate.description}\n`,
    );
  }
  return 0;
}
