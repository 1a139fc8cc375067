// `npm run bench -- NAME [options]`: runs the measurement bench/NAME.ts, or says which there are.

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = import.meta.dirname;
const [name = '', ...args] = process.argv.slice(2);
const file = path.join(folder, `${name}.ts`);

if (!/^[a-z-]+$/.test(name) || name === 'run' || !existsSync(file)) {
  const names = readdirSync(folder)
    .filter((entry) => entry.endsWith('.ts') && entry !== 'run.ts')
    .map((entry) => entry.slice(0, -3));
  process.stderr.write(`npm run bench -- NAME, where NAME is one of: ${names.join(', ')} (bench/README.md)\n`);
  process.exitCode = 1;
} else {
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}
