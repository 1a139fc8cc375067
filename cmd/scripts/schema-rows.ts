// A component's settings as rows of a table, read from the JSON Schema that its zod schema gives.

import { z } from 'zod';

export interface SettingRow {
  /** `protocols.grpc.endpoint`; `[]` after a list's key. */
  readonly path: string;
  readonly type: string;
  /** As it would stand in YAML; empty where there is none. */
  readonly fallback: string;
  readonly description: string;
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly format?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly writeOnly?: boolean;
}

export function describeSchema(schema: z.ZodType): readonly SettingRow[] {
  // zod's type for JSON Schema is wider than the part read here.
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as JsonSchema;
  const rows: SettingRow[] = [];
  collect(rows, json, '', 0);
  return rows;
}

function collect(rows: SettingRow[], schema: JsonSchema, prefix: string, depth: number): void {
  if (depth > 8) return;
  for (const [key, property] of Object.entries(objectIn(schema)?.properties ?? {})) {
    const at = prefix === '' ? key : `${prefix}.${key}`;
    const inner = objectIn(property);
    const list = arrayIn(property);
    rows.push({
      path: at,
      type: typeName(property),
      fallback: inner && isEmptyObject(property.default) ? '' : fallbackText(property.default),
      description: property.description ?? '',
    });
    if (inner) collect(rows, inner, at, depth + 1);
    else if (list?.items && objectIn(list.items)) collect(rows, list.items, `${at}[]`, depth + 1);
  }
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
}

/** The schema itself or the first of its alternatives that is an object with keys of its own. */
function objectIn(schema: JsonSchema): JsonSchema | undefined {
  if (schema.properties) return schema;
  return alternatives(schema)
    .map(objectIn)
    .find((one) => one !== undefined);
}

function arrayIn(schema: JsonSchema): JsonSchema | undefined {
  if (schema.type === 'array') return schema;
  return alternatives(schema).find((one) => one.type === 'array');
}

function typeName(schema: JsonSchema): string {
  if (schema.format === 'go-duration') return 'duration';
  if (schema.writeOnly === true) return 'secret';
  if (schema.enum) return schema.enum.map((value) => (value === '' ? '""' : String(value))).join(', ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.properties) return 'section';
  if (schema.type === 'array') return `list of ${schema.items ? typeName(schema.items) : 'values'}`;
  if (schema.type === 'object') {
    const { additionalProperties: values } = schema;
    return `map of ${typeof values === 'object' ? typeName(values) : 'values'}`;
  }
  const names = [...new Set(alternatives(schema).map(typeName))];
  if (names.length > 0) return names.join(' or ');
  return typeof schema.type === 'string' ? schema.type : 'any value';
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function fallbackText(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}
