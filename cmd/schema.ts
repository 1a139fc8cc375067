// `genesis-agent schema`: the JSON Schema of the whole configuration.

import { configurationSchema } from '../pipeline/config/json-schema.ts';
import type { Io } from './io.ts';
import { registry } from './registry.ts';

export async function run(_args: readonly string[], io: Io): Promise<number> {
  io.stdout.write(`${JSON.stringify(await configurationSchema(registry), null, 2)}\n`);
  return 0;
}
