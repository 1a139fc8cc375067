// `genesis-agent validate`: checks configurations without starting anything: all sources together as they would run, or
// with --each every file on its own.

import { parseArgs } from 'node:util';
import { Admission } from '../pipeline/admission.ts';
import { loadConfiguration, type LoadOptions, type LoadResult } from '../pipeline/config/load.ts';
import type { AgentError } from '../pipeline/errors.ts';
import { parseFeatureGates, type FeatureGates } from '../pipeline/feature-gates.ts';
import type { EngineServices } from '../pipeline/graph/running.ts';
import { tryOut } from '../pipeline/graph/try-out.ts';
import { SharedListenerPool } from '../pipeline/listener-pool.ts';
import { OwnTelemetry } from '../pipeline/own-telemetry/own-telemetry.ts';
import { ownResource } from '../pipeline/own-telemetry/settings.ts';
import { SharedMemory } from '../pipeline/shared-memory.ts';
import { VERSION } from '../pipeline/version.ts';
import { sampleTraceIds } from '../proto/trace-ids.ts';
import type { Io } from './io.ts';
import { registry } from './registry.ts';

/** One line of `--each --format json`. */
interface FileVerdict {
  readonly file: string;
  readonly verdict: LoadResult['verdict'];
  /** Component types that are not available here. */
  readonly unavailable: readonly string[];
  readonly errors: readonly ErrorLine[];
  /** Present where the file is not YAML. */
  readonly syntax?: true;
}

interface ErrorLine {
  readonly code: string;
  readonly message: string;
  readonly source?: string;
  readonly line?: number;
  readonly column?: number;
  readonly path?: string;
  readonly mend?: string;
}

/** 0 when everything given is valid, 1 otherwise. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: 'string', multiple: true, default: [] },
      set: { type: 'string', multiple: true, default: [] },
      'feature-gates': { type: 'string', multiple: true, default: [] },
      each: { type: 'boolean', default: false },
      format: { type: 'string', default: 'text' },
    },
  });
  const featureGates = parseFeatureGates(values['feature-gates'].join(','));
  const inputs = [...values.config, ...positionals];
  if (inputs.length === 0) {
    io.stderr.write('no configuration given; try: genesis-agent validate --config agent.yaml\n');
    return 1;
  }
  if (values.each) return validateEach(inputs, { sets: values.set, featureGates, json: values.format === 'json' }, io);
  const result = await verdictOn({ uris: inputs, sets: values.set, featureGates, env: io.env });
  for (const warning of result.warnings) {
    io.stderr.write(
      `${warning.at.source}:${warning.at.line}:${warning.at.column}: ${warning.path}: ${warning.message}\n`,
    );
  }
  for (const error of result.errors) io.stderr.write(`${error.toString()}\n`);
  if (result.verdict === 'valid') io.stdout.write('valid\n');
  return result.verdict === 'valid' ? 0 : 1;
}

interface EachOptions {
  readonly sets: readonly string[];
  readonly featureGates: FeatureGates;
  readonly json: boolean;
}

async function validateEach(files: readonly string[], options: EachOptions, io: Io): Promise<number> {
  let code = 0;
  for (const file of files) {
    const { sets, featureGates } = options;
    const result = await verdictOn({ uris: [file], sets, featureGates, env: io.env });
    if (result.verdict !== 'valid') code = 1;
    io.stdout.write(options.json ? `${JSON.stringify(asLine(file, result))}\n` : asText(file, result));
  }
  return code;
}

/** Loads, and where all is well also makes every component without starting it, as the collector does. */
export async function verdictOn(options: Omit<LoadOptions, 'registry'>): Promise<LoadResult> {
  const result = await loadConfiguration({ ...options, registry });
  if (!result.config) return result;
  const problems = await tryOut(result.config, quietServices());
  if (problems.length === 0) return result;
  const { config: _, ...rest } = result;
  return { ...rest, verdict: 'refused', errors: problems };
}

/** What components are given who will never run: nothing they say is shown. */
function quietServices(): EngineServices {
  const telemetry = new OwnTelemetry({
    settings: { logs: { output_paths: [] } },
    resource: ownResource({ version: VERSION, instanceId: 'validate' }),
    now: Date.now,
    sampleTraceIds,
  });
  return {
    log: (speaker) => telemetry.loggerFor(speaker),
    metrics: (kind, id) => telemetry.metricsFor(kind, id),
    drops: telemetry.drops,
    admission: new Admission(1 << 20),
    listeners: new SharedListenerPool(),
    memory: new SharedMemory(),
    now: Date.now,
    steadyNow: () => performance.now(),
    random: Math.random,
  };
}

function asLine(file: string, result: LoadResult): FileVerdict {
  return {
    file,
    verdict: result.verdict,
    unavailable: result.unavailable,
    errors: wrong(result).map(({ code, message, at, path, mend }) => ({
      code,
      message,
      ...at,
      ...(path === undefined ? {} : { path }),
      ...(mend === undefined ? {} : { mend }),
    })),
    ...(result.syntax ? { syntax: true } : {}),
  };
}

function asText(file: string, result: LoadResult): string {
  const missing = result.unavailable.length > 0 ? ` (${result.unavailable.join(', ')})` : '';
  const errors = wrong(result).map((error) => `  ${error.toString()}\n`);
  return `${file}: ${result.verdict}${missing}\n${errors.join('')}`;
}

/** What is wrong, as told apart from what is only not available here. */
function wrong(result: LoadResult): AgentError[] {
  return result.errors.filter((error) => error.code !== 'CONFIG_COMPONENT_UNAVAILABLE');
}
