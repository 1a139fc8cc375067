// `genesis-agent validate`: checks configurations without starting anything: all sources together as they would run, or
// with --each every file on its own.

import { parseArgs } from 'node:util';
import { loadConfiguration, type LoadResult } from '../pipeline/config/load.ts';
import { AgentError } from '../pipeline/errors.ts';
import { parseFeatureGates, type FeatureGates } from '../pipeline/feature-gates.ts';
import { planGraph } from '../pipeline/graph/plan.ts';
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
  const result = await check({ uris: inputs, sets: values.set, featureGates }, io);
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
    const result = await check({ uris: [file], sets: options.sets, featureGates: options.featureGates }, io);
    if (result.verdict !== 'valid') code = 1;
    io.stdout.write(options.json ? `${JSON.stringify(asLine(file, result))}\n` : asText(file, result));
  }
  return code;
}

/** Loads, and where all is well also lays the graph out, which finds cycles. */
async function check(
  options: { uris: readonly string[]; sets: readonly string[]; featureGates: FeatureGates },
  io: Io,
): Promise<LoadResult> {
  const result = await loadConfiguration({ ...options, env: io.env, registry });
  if (!result.config) return result;
  try {
    planGraph(result.config);
    return result;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const { config: _, ...rest } = result;
    return { ...rest, verdict: 'refused', errors: [error] };
  }
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
