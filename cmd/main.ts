// The command line: finds the sub-command, explains itself, and leaves the work to one file per sub-command.

import { pathToFileURL } from 'node:url';
import { isMainThread, workerData } from 'node:worker_threads';
import { nearestName } from '../pipeline/config/nearest.ts';
import { AgentError, AgentErrors } from '../pipeline/errors.ts';
import type { Io } from './io.ts';
import { isDataThread } from './spawn-data-thread.ts';

interface Command {
  readonly summary: string;
  readonly usage: string;
  readonly load: () => Promise<{ run(args: readonly string[], io: Io): Promise<number> }>;
}

const CONFIG_FLAGS = `  --config URI          a configuration: a path, file:, env:, yaml:, http: or https:; repeat it to merge several
  --set KEY=VALUE       one more value on top, such as --set exporters.debug.verbosity=detailed
  --feature-gates LIST  gates to turn on (a,+b) or off (-c)`;

export const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    summary: 'run the agent (also what happens without a command)',
    usage: `genesis-agent [run] --config URI… [--set KEY=VALUE]… [--watch]

${CONFIG_FLAGS}
  --watch               reload when a configuration file changes (SIGHUP and POST /reload on the admin port always do)

Stops on SIGINT and SIGTERM after draining, with exit code 0; any error is exit code 1.`,
    load: () => import('./run.ts'),
  },
  validate: {
    summary: 'check a configuration without running it',
    usage: `genesis-agent validate --config URI…
genesis-agent validate --each [--format json] FILE…

${CONFIG_FLAGS}
  --each                every file on its own, one verdict each: valid, unavailable or refused
  --format json         one JSON object per line`,
    load: () => import('./validate.ts'),
  },
  components: {
    summary: 'list the components, their signals and their stability',
    usage: 'genesis-agent components [--format text|json|yaml]',
    load: () => import('./components.ts'),
  },
  'print-config': {
    summary: 'print the effective configuration, secrets redacted',
    usage: `genesis-agent print-config --config URI… [--format yaml|json] [--mode redacted|unredacted]

${CONFIG_FLAGS}`,
    load: () => import('./print-config.ts'),
  },
  schema: {
    summary: 'print the JSON Schema of the configuration',
    usage: 'genesis-agent schema',
    load: () => import('./schema.ts'),
  },
  featuregate: {
    summary: 'list the feature gates, or explain one',
    usage: 'genesis-agent featuregate [ID]',
    load: () => import('./featuregate.ts'),
  },
  explain: {
    summary: 'explain an error code',
    usage: 'genesis-agent explain CODE',
    load: () => import('./explain.ts'),
  },
  version: {
    summary: 'print the version',
    usage: 'genesis-agent version',
    load: () => import('./version.ts'),
  },
};

export const HELP = `genesis-agent receives telemetry, runs it through pipelines, and delivers it: an OpenTelemetry Collector by its
configuration, on one machine.

Usage: genesis-agent [command] [flags]

Commands:
${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(14)} ${summary}`)
  .join('\n')}

Start with:  genesis-agent --config agent.yaml
More about a command:  genesis-agent <command> --help
`;

/** Runs the command line and gives the exit code. */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    const topic = first === 'help' ? COMMANDS[rest[0] ?? ''] : undefined;
    (first === undefined ? io.stderr : io.stdout).write(topic ? `${topic.usage}\n` : HELP);
    return first === undefined ? 1 : 0;
  }
  if (first === '--version' || first === '-v') return main(['version'], io);
  const isFlag = first.startsWith('-');
  const name = isFlag ? 'run' : first;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    const near = nearestName(name, Object.keys(COMMANDS));
    io.stderr.write(`there is no command "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}\n\n${HELP}`);
    return 1;
  }
  const commandArgs = joinGates(isFlag ? args : rest);
  if (commandArgs.includes('--help') || commandArgs.includes('-h')) {
    io.stdout.write(`${command.usage}\n`);
    return 0;
  }
  try {
    return await (await command.load()).run(commandArgs, io);
  } catch (error) {
    if (isUsageError(error)) io.stderr.write(`${explainUsage(error, command.usage)}\n\n${command.usage}\n`);
    else io.stderr.write(`${describe(error)}\n`);
    return 1;
  }
}

/** `--feature-gates -a` as the collector reads it: the gate is the flag's value, not another flag. */
function joinGates(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    if (joined.at(-1) === '--feature-gates') joined[joined.length - 1] = `--feature-gates=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

/** What `parseArgs` throws about a flag. */
function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

/** What was wrong with the flags, and for a misspelt one the nearest that the command has. */
function explainUsage(error: Error, usage: string): string {
  const unknown = /^Unknown option '(-[^']*)'/.exec(error.message)?.[1];
  if (unknown === undefined) return error.message;
  const near = nearestName(unknown, usage.match(/--[a-z][a-z-]*/g) ?? []);
  return `there is no flag "${unknown}" here${near === undefined ? '' : `; did you mean "${near}"?`}`;
}

function describe(error: unknown): string {
  if (error instanceof AgentErrors) return error.errors.map(String).join('\n');
  if (error instanceof AgentError) return error.toString();
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

if (!isMainThread && isDataThread(workerData)) {
  void import('./data-thread.ts').then(({ start }) => start(workerData));
} else if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  // Who reads the output may close it early (`| head`); that is the end, but nothing to complain about.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(1);
    });
  }
  void main(process.argv.slice(2), process).then((code) => {
    process.exitCode = code;
  });
}
