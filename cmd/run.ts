// `genesis-agent [run]`: starts the agent and keeps it running until it is told to stop.

import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { AgentError, AgentErrors } from '../pipeline/errors.ts';
import { parseFeatureGates } from '../pipeline/feature-gates.ts';
import { Agent } from './agent.ts';
import type { Io } from './io.ts';

/** Editors write a file in several steps; wait for the last. */
const SETTLE_MS = 200;

/** Runs until SIGINT or SIGTERM, then drains; 0 on a clean stop, 1 on any error. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string', multiple: true, default: [] },
      set: { type: 'string', multiple: true, default: [] },
      watch: { type: 'boolean', default: false },
      'feature-gates': { type: 'string', multiple: true, default: [] },
    },
  });
  if (values.config.length === 0) {
    io.stderr.write('no configuration given; try: genesis-agent --config agent.yaml\n');
    return 1;
  }
  const stop = new Stop();
  let agent: Agent | undefined;
  // Before the start, so that a signal during it is not the end of the process without draining.
  const reload = (): void => {
    // A reload reports its own failures: it never rejects.
    void agent?.reload();
  };
  const onStop = (): void => stop.request(0);
  process.on('SIGINT', onStop).on('SIGTERM', onStop).on('SIGHUP', reload);
  try {
    agent = await Agent.start({
      uris: values.config,
      sets: values.set,
      featureGates: parseFeatureGates(values['feature-gates'].join(',')),
      env: io.env,
      onFatal: (component, reason) => stop.request(1, `${component} failed for good: ${reason}`),
    });
  } catch (error) {
    io.stderr.write(`${explain(error)}\n`);
    return 1;
  }
  const watchers = values.watch ? watchFiles(values.config, reload) : [];
  const { code, reason } = await stop.requested;
  for (const watcher of watchers) watcher.close();
  process.off('SIGHUP', reload);
  await agent.stop();
  process.off('SIGINT', onStop).off('SIGTERM', onStop);
  if (reason !== undefined) io.stderr.write(`${reason}\n`);
  return code;
}

/** The first request to stop counts. */
class Stop {
  readonly requested: Promise<{ code: number; reason: string | undefined }>;
  #resolve: ((outcome: { code: number; reason: string | undefined }) => void) | undefined;

  constructor() {
    this.requested = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  request(code: number, reason?: string): void {
    this.#resolve?.({ code, reason });
  }
}

/** Watches the folders of the configuration files: editors and Kubernetes replace a file rather than write it. */
function watchFiles(uris: readonly string[], changed: () => void): FSWatcher[] {
  const files = uris
    .filter((uri) => !/^(?:env|yaml|https?):/.test(uri))
    .map((uri) => path.resolve(uri.replace(/^file:/, '')));
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE_MS);
  };
  return [...new Set(files.map((file) => path.dirname(file)))].map((folder) =>
    watch(folder, (_event, name) => {
      // Kubernetes swaps the symlink ..data, of which the file is a part.
      if (name === null || name.startsWith('..') || files.includes(path.join(folder, name))) soon();
    }),
  );
}

function explain(error: unknown): string {
  if (error instanceof AgentErrors) return error.errors.map(String).join('\n');
  if (error instanceof AgentError) return error.toString();
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
