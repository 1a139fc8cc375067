// Takes the values out of statements of databases, as the collector's processor does with DataDog's obfuscator: which
// obfuscator is asked about what.

import { encodeUtf8 } from '../../../proto/otlp/text.ts';
import type { AttributesDraft } from '../../../proto/otlp/attributes-draft.ts';
import type { RedactionConfig } from '../config.ts';
import { withoutJsonValues } from './json-values.ts';
import { withoutRedisArguments } from './redis-commands.ts';
import { withoutSqlLiterals } from './sql-literals.ts';

interface Obfuscator {
  readonly systems: ReadonlySet<string>;
  readonly attributes: ReadonlySet<string>;
  /** `system` is the dialect of SQL, '' where it is not known. */
  readonly obfuscate: (text: string, system: string) => string;
}

const SQL_SYSTEMS = ['other_sql', 'mysql', 'postgresql', 'mariadb', 'sqlite'];
const SYSTEM_NAME = encodeUtf8('db.system.name');
const SYSTEM = encodeUtf8('db.system');

/** The database system that the attributes name, in lower case; '' for none. */
export function databaseSystemOf(attributes: AttributesDraft): string {
  return lowerCaseOf(attributes, SYSTEM_NAME) || lowerCaseOf(attributes, SYSTEM);
}

function lowerCaseOf(attributes: AttributesDraft, key: Uint8Array): string {
  const found = attributes.find(key);
  return found < 0 ? '' : attributes.value(found).string().toLowerCase();
}

export class DbSanitizer {
  readonly #obfuscators: readonly Obfuscator[];
  /** Whether items without a database system have statements too: log records. */
  readonly #anySystem: boolean;
  /** The attributes with statements. */
  readonly keys: ReadonlySet<string>;

  constructor(config: RedactionConfig['db_sanitizer'], isForLogs: boolean) {
    this.#obfuscators = obfuscatorsOf(config);
    this.#anySystem = isForLogs;
    this.keys = new Set(this.#obfuscators.flatMap(({ attributes }) => [...attributes]));
  }

  /** Whether anything is configured. */
  get isOn(): boolean {
    return this.#obfuscators.length > 0;
  }

  ofAttribute(text: string, key: string, system: string): string {
    if (system === '') return this.#anySystem ? this.#ofKey(text, key) : text;
    const one = this.#obfuscators.find(({ systems, attributes }) => systems.has(system) && attributes.has(key));
    return one === undefined ? text : one.obfuscate(text, system);
  }

  /** A body may be anything, so all are asked one after the other. */
  ofBody(text: string): string {
    return this.#obfuscators.reduce((result, { obfuscate }) => obfuscate(result, ''), text);
  }

  ofSpanName(name: string, system: string): string {
    return this.#obfuscators.find(({ systems }) => systems.has(system))?.obfuscate(name, system) ?? name;
  }

  #ofKey(text: string, key: string): string {
    return this.#obfuscators.reduce(
      (result, { attributes, obfuscate }) => (attributes.has(key) ? obfuscate(result, '') : result),
      text,
    );
  }
}

function obfuscatorsOf(config: RedactionConfig['db_sanitizer']): Obfuscator[] {
  const none: readonly string[] = [];
  const all: readonly (readonly [
    { readonly enabled: boolean },
    readonly string[],
    readonly string[],
    Obfuscator['obfuscate'],
  ])[] = [
    [config.sql, SQL_SYSTEMS, config.sql.attributes, withoutSqlLiterals],
    [config.redis, ['redis'], config.redis.attributes, withoutRedisArguments],
    [config.valkey, ['valkey'], config.valkey.attributes, withoutRedisArguments],
    [config.memcached, ['memcached'], config.memcached.attributes, memcachedCommand],
    [config.mongo, ['mongodb'], config.mongo.attributes, withoutJsonValues],
    [config.opensearch, ['opensearch'], none, withoutJsonValues],
    [config.es, ['elasticsearch'], none, withoutJsonValues],
  ];
  return all
    .filter(([{ enabled }]) => enabled)
    .map(([, systems, attributes, obfuscate]) => ({
      systems: new Set(systems),
      attributes: new Set(attributes),
      obfuscate,
    }));
}

/** The command line; what is stored follows behind it. */
function memcachedCommand(text: string): string {
  return (text.split('\r\n', 1)[0] ?? '').trim();
}
