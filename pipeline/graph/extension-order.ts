// In which order extensions start: as `service.extensions` says, but after those that they name.

import { formatComponentId, parseComponentId } from '../component-id.ts';
import type { AgentConfiguration, ConfiguredComponent } from '../config/configuration.ts';
import { isMarked, stepInto } from '../config/schema-walk.ts';

/** Those that name each other in a circle keep the order they are written in; the first of them will not find the others. */
export function extensionOrder({ extensions, service }: AgentConfiguration): readonly ConfiguredComponent[] {
  const order: ConfiguredComponent[] = [];
  const visited = new Set<string>();
  const visit = (id: string): void => {
    const extension = extensions.get(id);
    if (!extension || visited.has(id)) return;
    visited.add(id);
    for (const named of namedBy([extension.declaration.config], extension.raw)) {
      if (service.extensions.includes(named)) visit(named);
    }
    order.push(extension);
  };
  for (const id of service.extensions) visit(id);
  return order;
}

/** The ids at the places of a section that hold ids (`componentId` of pipeline/schema.ts). */
function namedBy(schemas: Parameters<typeof stepInto>[0], value: unknown): readonly string[] {
  if (typeof value === 'string') {
    const id = isMarked(schemas, 'componentId') ? parseComponentId(value) : '';
    return typeof id === 'string' ? [] : [formatComponentId(id)];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    namedBy(stepInto(schemas, Array.isArray(value) ? Number(key) : key), inner),
  );
}
