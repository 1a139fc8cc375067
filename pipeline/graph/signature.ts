// What has to be the same in an old and a new configuration for a running instance to be kept.

import type { AgentConfiguration, ConfiguredComponent } from '../config/configuration.ts';

/**
 * The component's own section, what the instance is wired for (`wiring`), and the sections of the extensions that it
 * names: it holds on to what it got from them, so it is replaced together with them.
 */
export function signatureOf(
  component: ConfiguredComponent,
  wiring: readonly string[],
  { extensions, service }: AgentConfiguration,
): string {
  const running = new Map([...extensions].filter(([id]) => service.extensions.includes(id)));
  const named = new Map<string, ConfiguredComponent>();
  collectNamed(component, running, named);
  const sections = [...named].map(([id, extension]) => [id, extension.raw ?? null]);
  return JSON.stringify([component.type, component.raw ?? null, wiring, sections]);
}

/** Any text that is an extension's id counts as its name: to replace something once too often costs little. */
function collectNamed(
  component: ConfiguredComponent,
  extensions: ReadonlyMap<string, ConfiguredComponent>,
  named: Map<string, ConfiguredComponent>,
): void {
  const texts = new Set<string>();
  collectTexts(component.raw, texts);
  for (const [id, extension] of extensions) {
    if (named.has(id) || extension === component || !spellings(id, extension).some((one) => texts.has(one))) continue;
    named.set(id, extension);
    collectNamed(extension, extensions, named);
  }
}

function spellings(id: string, { type, declaration }: ConfiguredComponent): string[] {
  const rest = id.slice(type.length);
  return [id, ...(declaration.aliases ?? []).map((alias) => `${alias}${rest}`)];
}

function collectTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === 'string') texts.add(value.trim());
  else if (Array.isArray(value)) for (const one of value) collectTexts(one, texts);
  else if (typeof value === 'object' && value !== null) {
    for (const one of Object.values(value)) collectTexts(one, texts);
  }
}
