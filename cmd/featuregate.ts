// `genesis-agent featuregate`: the feature gates, their stage and default.

import { parseFeatureGates } from '../pipeline/feature-gates.ts';
import type { Io } from './io.ts';

export function run(args: readonly string[], io: Io): Promise<number> {
  const [id] = args;
  const gates = parseFeatureGates('').all();
  const shown = id === undefined ? gates : gates.filter((gate) => gate.id === id);
  if (shown.length === 0) {
    io.stderr.write(`there is no feature gate "${id}"; run \`genesis-agent featuregate\` for all of them\n`);
    return Promise.resolve(1);
  }
  for (const gate of shown) {
    io.stdout.write(
      `${gate.id.padEnd(40)} ${gate.enabled ? 'on ' : 'off'}  ${gate.stage.padEnd(10)} ${gate.description}\n`,
    );
  }
  return Promise.resolve(0);
}
