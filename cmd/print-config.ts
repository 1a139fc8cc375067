// `genesis-agent print-config`: the effective configuration, merged and with defaults, secrets redacted.

import { parseArgs } from 'node:util';
import { loadConfiguration } from '../pipeline/config/load.ts';
import { printConfiguration } from '../pipeline/config/print.ts';
import { parseFeatureGates } from '../pipeline/feature-gates.ts';
import type { Io } from './io.ts';
import { registry } from './registry.ts';

/** 0, or 1 when the configuration is not valid. `--mode unredacted` shows secrets, `--format json` prints JSON. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string', multiple: true, default: [] },
      set: { type: 'string', multiple: true, default: [] },
      'feature-gates': { type: 'string', multiple: true, default: [] },
      format: { type: 'string', default: 'yaml' },
      mode: { type: 'string', default: 'redacted' },
    },
  });
  if (!['yaml', 'json'].includes(values.format) || !['redacted', 'unredacted'].includes(values.mode)) {
    io.stderr.write('--format is yaml or json; --mode is redacted or unredacted\n');
    return 1;
  }
  if (values.config.length === 0) {
    io.stderr.write('no configuration given; try: genesis-agent print-config --config agent.yaml\n');
    return 1;
  }
  const { config, errors } = await loadConfiguration({
    uris: values.config,
    sets: values.set,
    env: io.env,
    featureGates: parseFeatureGates(values['feature-gates'].join(',')),
    registry,
  });
  if (!config) {
    for (const error of errors) io.stderr.write(`${error.toString()}\n`);
    return 1;
  }
  io.stdout.write(
    printConfiguration(config, {
      format: values.format === 'json' ? 'json' : 'yaml',
      unredacted: values.mode === 'unredacted',
    }),
  );
  return 0;
}
