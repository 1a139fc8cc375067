// Builds dist/: the sources and packages bundled for production, lazy parts kept apart so that only what is configured
// loads. With --sea also the single executable, dist/genesis-agent-bin.

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DIST = path.join(ROOT, 'dist');

// Bundled CommonJS packages ask for built-in modules by require, which ES modules have to make first.
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node26',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  logLevel: 'warning',
};

/** As the launcher gives them. */
const RUNTIME_FLAGS = ['--max-semi-space-size=2', '--heap-growing-percent=150'];

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST);

await build({
  ...COMMON,
  entryPoints: [{ in: 'cmd/main.ts', out: 'main' }],
  format: 'esm',
  splitting: true,
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  banner: { js: REQUIRE },
});
writeFileSync(path.join(DIST, 'package.json'), '{ "type": "module" }\n');

if (process.argv.includes('--sea')) {
  // One file: everything inside, lazy imports included (they become functions that run when asked for).
  await build({
    ...COMMON,
    entryPoints: [{ in: 'cmd/main.ts', out: 'single-executable' }],
    format: 'cjs',
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': '__importMetaUrl' },
    banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  const config = path.join(DIST, 'sea.json');
  writeFileSync(
    config,
    `${JSON.stringify({
      main: path.join(DIST, 'single-executable.cjs'),
      output: path.join(DIST, 'genesis-agent-bin'),
      disableExperimentalSEAWarning: true,
      useCodeCache: true,
      // Further data threads start the same program (cmd/spawn-data-thread.ts).
      assets: { 'program.cjs': path.join(DIST, 'single-executable.cjs') },
      execArgv: [...RUNTIME_FLAGS, '--title=genesis-agent'],
    })}\n`,
  );
  // V8 takes its code cache only where the flags are those it was made with.
  execFileSync(process.execPath, [...RUNTIME_FLAGS, `--build-sea=${config}`], { stdio: 'inherit' });
  rmSync(config);
}
