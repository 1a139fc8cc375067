// The process detector: the agent's own process, by the semantic conventions.

import os from 'node:os';
import path from 'node:path';
import { Findings, type AttributeSwitches, type Detected } from './detected.ts';

export const PROCESS_ATTRIBUTES = {
  'process.command': { enabled: false, description: 'The command it was started with.' },
  'process.command_args': {
    enabled: false,
    description: 'The command and its arguments, which may hold secrets.',
  },
  'process.executable.name': { enabled: true, description: 'The name of the program.' },
  'process.executable.path': { enabled: true, description: 'Where the program is.' },
  'process.owner': { enabled: false, description: 'The user it runs as.' },
  'process.pid': { enabled: true, description: 'The number of the process.' },
  'process.runtime.description': { enabled: false, description: 'The runtime in words.' },
  'process.runtime.name': { enabled: true, description: 'The runtime: nodejs.' },
  'process.runtime.version': { enabled: true, description: "The runtime's version." },
} as const;

export function detectProcess(switches: AttributeSwitches<keyof typeof PROCESS_ATTRIBUTES>): Detected {
  const findings = new Findings(switches);
  findings.set('process.command', process.argv[1] ?? process.argv0);
  findings.set('process.command_args', [process.argv0, ...process.argv.slice(1)]);
  findings.set('process.executable.name', path.basename(process.execPath));
  findings.set('process.executable.path', process.execPath);
  if (findings.isWanted('process.owner')) findings.set('process.owner', owner());
  findings.set('process.pid', process.pid);
  findings.set('process.runtime.description', 'Node.js');
  findings.set('process.runtime.name', 'nodejs');
  findings.set('process.runtime.version', process.versions.node);
  return findings.all;
}

/** Undefined for a user without a name, as in most containers. */
function owner(): string | undefined {
  try {
    return os.userInfo().username;
  } catch {
    return undefined;
  }
}
