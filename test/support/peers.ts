// Where the programs are that nobody here wrote and the slow tests talk to: in the PATH, or under .cache, where
// test/slow/interop/install-peers.sh puts them. Each comes with the reason to skip without it.

import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
const INSTALL = 'sh test/slow/interop/install-peers.sh';

export interface Peer {
  /** What to start: a path, or the bare name where there is none. */
  readonly program: string;
  /** node:test's `skip`. */
  readonly skip: string | false;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function inPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .find(isProgram);
}

/** The number before the first dot of what `--version` says, 0 where it says nothing of the kind. */
function majorVersion(program: string): number {
  try {
    const said = execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return Number(/version (\d+)\./.exec(said)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function peer(file: string | undefined, name: string, hint: string): Peer {
  return { program: file ?? name, skip: file === undefined && `${name} is not installed: ${hint}` };
}

function debian(name: string): Peer {
  const cached = path.join(CACHE, 'debian', 'usr', 'bin', name);
  return peer(inPath(name) ?? (isProgram(cached) ? cached : undefined), name, INSTALL);
}

/** A Prometheus of any version: Debian's 2.42 where there is no other. */
export function prometheus(): Peer {
  return debian('prometheus');
}

export function promtool(): Peer {
  return debian('promtool');
}

export function nodeExporter(): Peer {
  return debian('prometheus-node-exporter');
}

/** A Prometheus of version 3 or later: Remote Write 2.0, native histograms, names in UTF-8. */
export function currentPrometheus(): Peer {
  const places = [inPath('prometheus'), path.join(CACHE, 'prometheus')];
  const found = places.find((file) => file !== undefined && isProgram(file) && majorVersion(file) >= 3);
  return peer(
    found,
    'prometheus 3',
    `PROMETHEUS_BUILD_S=1200 ${INSTALL} (needs go, and time where nothing is compiled yet)`,
  );
}

/** The collector's load generator: TELEMETRYGEN may name it. */
export function telemetrygen(): Peer {
  const named = process.env['TELEMETRYGEN'];
  const places = [named, inPath('telemetrygen'), path.join(CACHE, 'telemetrygen')];
  return peer(
    places.find((file) => file !== undefined && isProgram(file)),
    'telemetrygen',
    INSTALL,
  );
}

/** A Python with the official OpenTelemetry SDK. */
export function pythonSdk(): Peer {
  const python = path.join(CACHE, 'python-sdk', 'bin', 'python');
  return peer(isProgram(python) ? python : undefined, 'the Python SDK', INSTALL);
}

/** The collector that OTELCOL names, where it has all of these components. */
export function collector(...types: string[]): Peer {
  const program = process.env['OTELCOL'];
  if (program === undefined) return { program: '', skip: 'OTELCOL does not name a collector to compare with' };
  const components = execFileSync(program, ['components'], { encoding: 'utf8' });
  const missing = types.find((type) => !components.includes(type));
  return { program, skip: missing !== undefined && `the collector has no ${missing}` };
}
