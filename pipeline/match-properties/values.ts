// The tests that match properties are made of: of texts, and of attributes.

import {
  ANY_BOOL,
  ANY_DOUBLE,
  ANY_INT,
  ANY_STRING,
  type AnyValueView,
  type JsValue,
} from '../../proto/otlp/any-value.ts';
import type { AttributesView } from '../../proto/otlp/attributes.ts';
import { equalValues } from '../../proto/otlp/equal-values.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';
import { configValue } from '../config-value.ts';
import { compileRe2 } from '../regexp.ts';
import { RememberingPattern } from '../remembering-pattern.ts';
import type { MatchProperties } from './schema.ts';

type MatchType = MatchProperties['match_type'];

/** Whether a text is one of a list, or matches one of its expressions. */
export interface TextTest {
  matches(text: string): boolean;
}

export function textTest(texts: readonly string[], type: MatchType): TextTest | undefined {
  if (texts.length === 0) return undefined;
  return type === 'regexp' ? new AnyPattern(texts) : new OneOf(texts);
}

class OneOf implements TextTest {
  readonly #texts: ReadonlySet<string>;

  constructor(texts: readonly string[]) {
    this.#texts = new Set(texts);
  }

  matches(text: string): boolean {
    return this.#texts.has(text);
  }
}

class AnyPattern implements TextTest {
  readonly #patterns: readonly RememberingPattern[];

  constructor(texts: readonly string[]) {
    this.#patterns = [...new Set(texts)].map((text) => new RememberingPattern(compileRe2(text)));
  }

  matches(text: string): boolean {
    for (const pattern of this.#patterns) if (pattern.matches(text)) return true;
    return false;
  }
}

/** Whether all of some attributes are there, with the values they must have. */
export class AttributesTest {
  readonly #tests: readonly AttributeTest[];

  constructor(attributes: MatchProperties['attributes'], type: MatchType) {
    this.#tests = attributes.map(({ key, value }) => new AttributeTest(key, value, type));
  }

  matches(attributes: AttributesView): boolean {
    for (const test of this.#tests) if (!test.matches(attributes)) return false;
    return true;
  }
}

class AttributeTest {
  readonly #key: Uint8Array;
  readonly #pattern: TextTest | undefined;
  readonly #value: JsValue | undefined;
  readonly #utf8: Uint8Array | undefined;

  constructor(key: string, value: unknown, type: MatchType) {
    this.#key = encodeUtf8(key);
    const wanted = configValue(value);
    if (type === 'regexp' && typeof wanted === 'string') this.#pattern = textTest([wanted], type);
    else this.#value = wanted;
    this.#utf8 = typeof this.#value === 'string' ? encodeUtf8(this.#value) : undefined;
  }

  matches(attributes: AttributesView): boolean {
    const found = attributes.get(this.#key);
    if (found === undefined) return false;
    if (this.#pattern !== undefined) {
      const text = scalarText(found);
      return text !== undefined && this.#pattern.matches(text);
    }
    if (this.#utf8 !== undefined) return found.stringEquals(this.#utf8);
    return this.#value === undefined || equalValues(this.#value, found.toJs());
  }
}

/** Scalars as Go's strconv writes them, doubles without exponent; undefined for what is not compared as text. */
function scalarText(value: AnyValueView): string | undefined {
  switch (value.type) {
    case ANY_STRING:
      return value.string();
    case ANY_BOOL:
      return String(value.bool());
    case ANY_INT:
      return value.int().toString();
    case ANY_DOUBLE:
      return plainDecimal(value.double());
    default:
      return undefined;
  }
}

/** `strconv.FormatFloat(value, 'f', -1, 64)`. */
function plainDecimal(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const [digits = '', exponent] = (Object.is(value, -0) ? '-0' : String(value)).split('e');
  if (exponent === undefined) return digits;
  const sign = digits.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.');
  const point = whole.length + Number(exponent);
  const all = whole + fraction;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${all}`;
  return `${sign}${all.padEnd(point, '0')}`;
}
