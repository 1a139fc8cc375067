// The JSON Schema of the whole configuration, for editors and for checking files elsewhere.

import { z } from 'zod';
import type { ComponentKind, Declaration } from '../component.ts';
import { SECTIONS, type ComponentRegistry } from './sections.ts';
import { serviceSettings } from './service.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The whole configuration; every section has its components by type, each also with a /name and in its older spellings. */
export async function configurationSchema(registry: ComponentRegistry): Promise<JsonSchema> {
  const properties: Record<string, JsonSchema> = {};
  for (const [section, kind] of Object.entries(SECTIONS)) {
    properties[section] = await sectionSchema(registry, kind);
  }
  properties['service'] = settingsSchema(serviceSettings);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'genesis-agent configuration',
    type: 'object',
    properties,
    additionalProperties: false,
    required: ['service'],
  };
}

/** The JSON Schema of one component's section. */
export function componentSchema(declaration: Declaration): JsonSchema {
  return { ...settingsSchema(declaration.config), description: declaration.summary };
}

async function sectionSchema(registry: ComponentRegistry, kind: ComponentKind): Promise<JsonSchema> {
  const patterns: Record<string, JsonSchema> = {};
  for (const type of registry.known(kind)) {
    const declaration = await registry.find(kind, type);
    if (!declaration) continue;
    const names = [declaration.type, ...(declaration.aliases ?? [])].join('|');
    patterns[`^(?:${names})(?:/.+)?$`] = componentSchema(declaration);
  }
  return { type: ['object', 'null'], patternProperties: patterns, additionalProperties: false };
}

function settingsSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => admitWrittenForms(jsonSchema),
  });
  // A component written bare (`batch:`) is null in YAML.
  return { anyOf: [{ type: 'null' }, rest] };
}

/** What YAML files hold besides the plain types: bare sections, and `${…}` in place of numbers and truth values. */
function admitWrittenForms(schema: JsonSchema): void {
  delete schema['anyValue'];
  delete schema['componentId'];
  if (schema['nullable'] === true) {
    delete schema['nullable'];
    if (schema.type === 'object') Object.assign(schema, { type: ['object', 'null'] });
  }
  if (schema.type === 'number' || schema.type === 'integer' || schema.type === 'boolean') {
    Object.assign(schema, { type: [schema.type, 'string'], pattern: '\\$\\{.*\\}' });
  }
}
