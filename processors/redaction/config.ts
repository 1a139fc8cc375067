// The redaction processor's configuration: the collector's keys, and the detectors of ours.

import { z } from 'zod';
import { compileRe2 } from '../../pipeline/regexp.ts';
import { opaque } from '../../pipeline/schema.ts';

const HASH_FUNCTIONS = ['', 'sha1', 'sha3', 'md5', 'hmac-sha256', 'hmac-sha512'] as const;
/** The shortest key of each keyed function, in bytes. */
const SHORTEST_KEY: Readonly<Record<string, number>> = { 'hmac-sha256': 32, 'hmac-sha512': 64 };

const pattern = z.string().superRefine((text, context) => {
  try {
    compileRe2(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
  }
});

const keys = z.array(z.string()).default([]);
const patterns = z.array(pattern).default([]);

const statements = (name: string) =>
  z
    .strictObject({
      enabled: z.boolean().default(false).describe(`Take the values out of ${name}.`),
      attributes: keys.describe(
        'The attributes they stand in; needs db.system.name or db.system, except in log records. Bodies need none.',
      ),
    })
    .prefault({})
    .describe(`${name}.`);

/** The collector takes `attributes` here and reads none of them. */
const bodies = (name: string) =>
  z
    .strictObject({
      enabled: z.boolean().default(false).describe(`Take the values out of ${name}: in span names and log bodies.`),
      attributes: keys.describe('Without effect.'),
    })
    .prefault({})
    .describe(`${name}.`);

const spanNames = z.boolean().default(true).describe('Span names as well.');

export const config = z
  .strictObject({
    allow_all_keys: z.boolean().default(false).describe('Keep all attributes; allowed_keys then means nothing.'),
    allowed_keys: keys.describe('Attributes that are kept. All others are removed, so an empty list removes all.'),
    ignored_keys: keys.describe('Attributes that are kept as they are.'),
    ignored_key_patterns: patterns.describe('The same by regular expressions (RE2), which match anywhere in the key.'),
    blocked_key_patterns: patterns.describe('Regular expressions of attributes whose values are masked as a whole.'),
    blocked_values: patterns.describe('Regular expressions of what is masked within values, applied in this order.'),
    allowed_values: patterns.describe('Regular expressions of values that are left alone, whatever else matches them.'),
    hash_function: z
      .preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), z.enum(HASH_FUNCTIONS))
      .default('')
      .describe(
        'Write a hash in the place of what is masked; without it ****. The keyed ones can not be guessed from outside.',
      ),
    hmac_key: opaque().default('').describe('The key of hmac-sha256 (32 bytes or more) or hmac-sha512 (64 or more).'),
    redact_all_types: z
      .boolean()
      .default(false)
      .describe('Look at numbers, truth values, bytes, lists and maps too, as text; what is masked becomes text.'),
    summary: z
      .string()
      .default('')
      .describe(
        'debug: attributes that count and name what was removed, masked, allowed and ignored; info: counts; else none.',
      ),
    url_sanitizer: z
      .strictObject({
        enabled: z.boolean().default(false).describe('Write * for the parts of URLs that look like ids.'),
        attributes: keys.describe('The attributes with URLs. Log bodies are always looked at.'),
        sanitize_span_name: spanNames,
      })
      .prefault({})
      .describe('Ids in URLs.'),
    db_sanitizer: z
      .strictObject({
        sql: statements('SQL statements'),
        redis: statements('Redis commands'),
        valkey: statements('Valkey commands'),
        memcached: statements('memcached commands'),
        mongo: statements('MongoDB queries'),
        opensearch: bodies('OpenSearch queries'),
        es: bodies('Elasticsearch queries'),
        sanitize_span_name: spanNames,
      })
      .prefault({})
      .describe('Values in database statements.'),
    detect: z
      .array(z.enum(['credit_card', 'email', 'ip_address', 'token']))
      .default([])
      .describe(
        'What to mask within values without a pattern: credit_card (13 to 19 digits with a right Luhn digit), email, ip_address (v4 and v6), token (long random texts). Not of the collector.',
      ),
    token_min_length: z
      .int()
      .min(8)
      .max(1024)
      .default(20)
      .describe('The shortest text, in characters, that is taken for a token.'),
    token_min_entropy: z
      .number()
      .min(0)
      .max(6)
      .default(4)
      .describe('The least entropy of a token in bits a character; of hexadecimal ones two thirds of it.'),
  })
  .superRefine(({ hash_function: name, hmac_key: key }, context) => {
    const shortest = SHORTEST_KEY[name];
    const length = Buffer.byteLength(key);
    if (shortest === undefined || length >= shortest) return;
    const message =
      length === 0
        ? `hmac_key must not be empty when hash_function is "${name}"`
        : `hmac_key must be at least ${shortest} bytes long for "${name}", got ${length} bytes`;
    context.addIssue({ code: 'custom', path: ['hmac_key'], message });
  });

export type RedactionConfig = z.output<typeof config>;
