// Looks into zod schemas: which keys a place of the configuration knows, and what is secret or deprecated there.

import { z } from 'zod';

type Schema = z.core.$ZodType;
type Definition = z.core.$ZodTypes['_zod']['def'];

function definitionOf(schema: Schema): Definition {
  // Safe: every schema that zod's functions make is one of $ZodTypes.
  // oxlint-disable-next-line no-underscore-dangle -- zod's documented place for a schema's definition.
  return (schema as z.core.$ZodTypes)._zod.def;
}

/** Schemas that only wrap another one are looked through, and unions are all of their options. */
function alternatives(schema: Schema): Definition[] {
  const def = definitionOf(schema);
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
    case 'success':
      return alternatives(def.innerType);
    case 'pipe':
      return alternatives(definitionOf(def.in).type === 'transform' ? def.out : def.in);
    case 'lazy':
      return alternatives(def.getter());
    case 'union':
      return def.options.flatMap(alternatives);
    case 'intersection':
      return [...alternatives(def.left), ...alternatives(def.right)];
    default:
      return [def];
  }
}

/** The schemas one step further down: of a key of an object or record, or of an element of a list. */
export function stepInto(schemas: readonly Schema[], step: PropertyKey): Schema[] {
  return schemas.flatMap(alternatives).flatMap((def): Schema[] => {
    switch (def.type) {
      case 'object': {
        const field = Object.hasOwn(def.shape, step) ? def.shape[String(step)] : def.catchall;
        return field ? [field] : [];
      }
      case 'record':
        return [def.valueType];
      case 'array':
        return [def.element];
      case 'tuple': {
        const item = def.items[Number(step)] ?? def.rest;
        return item ? [item] : [];
      }
      default:
        return [];
    }
  });
}

export function schemasAt(root: Schema, path: readonly PropertyKey[]): Schema[] {
  let schemas: Schema[] = [root];
  for (const step of path) schemas = stepInto(schemas, step);
  return schemas;
}

/** What a place may hold, in zod's words: `object`, `record`, `string`. */
export function typesAt(root: Schema, path: readonly PropertyKey[]): ReadonlySet<string> {
  return new Set(
    schemasAt(root, path)
      .flatMap(alternatives)
      .map((def) => def.type),
  );
}

/** The keys that a place knows by name. */
export function keysOf(schemas: readonly Schema[]): string[] {
  const keys = schemas.flatMap(alternatives).flatMap((def) => {
    return def.type === 'object' ? Object.keys(def.shape) : [];
  });
  return [...new Set(keys)];
}

type Mark = 'writeOnly' | 'deprecated' | 'anyValue' | 'componentId';

/** Whether a schema, or one it wraps or chooses from, is marked so (`writeOnly` for secrets, …). */
export function isMarked(schemas: readonly Schema[], mark: Mark): boolean {
  return schemas.some((schema) => isMarkedOne(schema, mark));
}

function isMarkedOne(schema: Schema, mark: Mark): boolean {
  if (z.globalRegistry.get(schema)?.[mark] === true) return true;
  const def = definitionOf(schema);
  if ('innerType' in def) return isMarkedOne(def.innerType, mark);
  if (def.type === 'pipe') return isMarkedOne(def.in, mark) || isMarkedOne(def.out, mark);
  if (def.type === 'union') return def.options.some((option) => isMarkedOne(option, mark));
  return false;
}

/** The description of the first of the schemas that has one. */
export function descriptionOf(schemas: readonly Schema[]): string | undefined {
  for (const schema of schemas) {
    const text = z.globalRegistry.get(schema)?.description;
    if (text !== undefined) return text;
  }
  return undefined;
}

/** What a key means when it is not written, in the form in which it would be written; undefined where it means nothing. */
export function defaultOf(schemas: readonly Schema[]): unknown {
  for (const schema of schemas) {
    const def = definitionOf(schema);
    if (def.type === 'default' || def.type === 'prefault') return def.defaultValue;
    const inner = 'innerType' in def ? def.innerType : def.type === 'pipe' ? def.in : undefined;
    const value = inner && defaultOf([inner]);
    if (value !== undefined) return value;
  }
  return undefined;
}
