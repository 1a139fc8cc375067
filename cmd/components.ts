// `genesis-agent components`: every component with its signals and their stability, as the collector lists them.

import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import type { ComponentKind, Declaration } from '../pipeline/component.ts';
import { VERSION } from '../pipeline/version.ts';
import type { Io } from './io.ts';
import { COMPONENTS, registry } from './registry.ts';

interface Listed {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  /** Signal (or `traces to metrics` for connectors, `extension`) → stability. */
  readonly stability: Readonly<Record<string, string>>;
}

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { format: { type: 'string', default: 'text' } } });
  const kinds: Record<string, Listed[]> = {};
  // The keys are exactly the kinds.
  for (const kind of Object.keys(COMPONENTS) as ComponentKind[]) {
    const declarations = await Promise.all(registry.known(kind).map((type) => registry.find(kind, type)));
    kinds[`${kind}s`] = declarations.flatMap((declaration) => (declaration ? [listed(declaration)] : []));
  }
  const all = { buildinfo: { command: 'genesis-agent', version: VERSION }, ...kinds };
  if (values.format === 'json') io.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  else if (values.format === 'yaml') io.stdout.write(stringify(all));
  else if (values.format === 'text') io.stdout.write(asText(kinds));
  else {
    io.stderr.write(`--format is text, json or yaml, not "${values.format}"\n`);
    return 1;
  }
  return 0;
}

function listed(declaration: Declaration): Listed {
  const { type, aliases = [], summary } = declaration;
  return { name: type, aliases, summary, stability: stabilityOf(declaration) };
}

function stabilityOf(declaration: Declaration): Record<string, string> {
  if (declaration.kind === 'extension') return { extension: declaration.stability };
  if (declaration.kind !== 'connector') return { ...declaration.signals };
  const pairs: Record<string, string> = {};
  for (const [from, outputs] of Object.entries(declaration.pairs)) {
    for (const [to, stability] of Object.entries(outputs)) pairs[`${from} to ${to}`] = stability;
  }
  return pairs;
}

function asText(kinds: Readonly<Record<string, readonly Listed[]>>): string {
  let text = '';
  for (const [kind, components] of Object.entries(kinds)) {
    text += `${kind}\n`;
    for (const { name, aliases, summary, stability } of components) {
      const others = aliases.length > 0 ? ` (also ${aliases.join(', ')})` : '';
      const stages = Object.entries(stability).map(([signal, stage]) => `${signal}: ${stage}`);
      text += `  ${name}${others}\n    ${summary}\n    ${stages.join(', ')}\n`;
    }
    text += '\n';
  }
  return text;
}
