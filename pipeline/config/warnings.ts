// What works but should be written otherwise: keys that are deprecated.

import type { z } from 'zod';
import type { SourcePosition } from '../errors.ts';
import { KEY_SEPARATOR, type ConfigNode } from './node.ts';
import { descriptionOf, isMarked, stepInto } from './schema-walk.ts';

export interface ConfigurationWarning {
  readonly at: SourcePosition;
  readonly path: string;
  readonly message: string;
}

/** A warning for every key of the section that its schema marks as deprecated. */
export function deprecatedKeys(schema: z.ZodType, node: ConfigNode, path: string): ConfigurationWarning[] {
  return walk([schema], node, path);
}

function walk(schemas: readonly z.core.$ZodType[], node: ConfigNode, path: string): ConfigurationWarning[] {
  if (schemas.length === 0 || node.kind === 'scalar') return [];
  if (node.kind === 'list') {
    return node.items.flatMap((item, index) => walk(stepInto(schemas, index), item, `${path}${KEY_SEPARATOR}${index}`));
  }
  return [...node.entries].flatMap(([key, entry]) => {
    const inner = stepInto(schemas, key);
    const keyPath = `${path}${KEY_SEPARATOR}${key}`;
    const own = isMarked(inner, 'deprecated')
      ? [{ at: entry.keyAt, path: keyPath, message: descriptionOf(inner) ?? `"${key}" is deprecated` }]
      : [];
    return [...own, ...walk(inner, entry.node, keyPath)];
  });
}
