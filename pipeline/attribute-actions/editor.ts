// Actions compiled once and applied to attributes where they lie. The resource and the attributes processor share this.

import { ANY_STRING } from '../../proto/otlp/any-value.ts';
import type { AttributesDraft } from '../../proto/otlp/attributes-draft.ts';
import { encodeAnyValue } from '../../proto/otlp/encode-value.ts';
import { EncodedAttribute } from '../../proto/otlp/encoded-attribute.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';
import type { ClientContext } from '../batch.ts';
import { configValue } from '../config-value.ts';
import { compileRe2, type Re2 } from '../regexp.ts';
import { RememberingPattern } from '../remembering-pattern.ts';
import { clientValue } from './client-value.ts';
import { convertedValue } from './convert.ts';
import { hashedValue } from './hash.ts';
import type { AttributeAction } from './schema.ts';

/** One action, ready to be applied. */
interface Edit {
  /** Called once a batch, where the action depends on who sent it. */
  begin?(client: ClientContext): void;
  apply(attributes: AttributesDraft): void;
}

export class AttributeEditor {
  readonly #edits: readonly Edit[];

  constructor(actions: readonly AttributeAction[]) {
    this.#edits = actions.map(compile);
  }

  /** Before the first `apply` of a batch. */
  begin(client: ClientContext): void {
    for (const edit of this.#edits) edit.begin?.(client);
  }

  /** Applies all actions in order, each to what the ones before left. */
  apply(attributes: AttributesDraft): void {
    const edits = this.#edits;
    for (let index = 0; index < edits.length; index++) {
      // Safe: index < length.
      (edits[index] as Edit).apply(attributes);
    }
  }
}

function compile(action: AttributeAction): Edit {
  const key = encodeUtf8(action.key);
  switch (action.action) {
    case 'insert':
    case 'update':
    case 'upsert': {
      const constant = configValue(action.value);
      if (constant !== undefined) return new SetConstant(action.action, key, encodeAnyValue(constant));
      return new SetFromSource(action.action, key, action);
    }
    case 'delete':
      return new Delete(key, patternOf(action));
    case 'hash':
      return new Hash(key, patternOf(action));
    case 'extract':
      return new Extract(key, compileRe2(action.pattern));
    default:
      return new Convert(key, action.converted_type);
  }
}

function patternOf({ pattern }: AttributeAction): RememberingPattern | undefined {
  return pattern === '' ? undefined : new RememberingPattern(compileRe2(pattern));
}

function keyMatches(attributes: AttributesDraft, index: number, pattern: RememberingPattern): boolean {
  attributes.locateKey(index);
  return pattern.matchesUtf8(attributes.keyBytes, attributes.keyStart, attributes.keyEnd);
}

type Setter = 'insert' | 'update' | 'upsert';

/** A call by a computed name would be looked up for every item. */
function setAttribute(
  attributes: AttributesDraft,
  setter: Setter,
  key: Uint8Array,
  value: Uint8Array,
  whole?: EncodedAttribute,
): void {
  if (setter === 'insert') attributes.insert(key, value, whole);
  else if (setter === 'upsert') attributes.upsert(key, value, whole);
  else attributes.update(key, value, whole);
}

class SetConstant implements Edit {
  readonly #setter: Setter;
  readonly #key: Uint8Array;
  readonly #value: Uint8Array;
  readonly #whole: EncodedAttribute;

  constructor(setter: Setter, key: Uint8Array, value: Uint8Array) {
    this.#setter = setter;
    this.#key = key;
    this.#value = value;
    this.#whole = new EncodedAttribute(key, value);
  }

  apply(attributes: AttributesDraft): void {
    setAttribute(attributes, this.#setter, this.#key, this.#value, this.#whole);
  }
}

class SetFromSource implements Edit {
  readonly #setter: Setter;
  readonly #key: Uint8Array;
  readonly #context: string;
  readonly #attribute: Uint8Array | undefined;
  readonly #default: Uint8Array | undefined;
  #fromContext: Uint8Array | undefined;

  constructor(setter: Setter, key: Uint8Array, action: AttributeAction) {
    this.#setter = setter;
    this.#key = key;
    this.#context = action.from_context;
    this.#attribute = action.from_attribute === '' ? undefined : encodeUtf8(action.from_attribute);
    const fallback = configValue(action.default_value);
    this.#default = fallback === undefined ? undefined : encodeAnyValue(fallback);
  }

  begin(client: ClientContext): void {
    this.#fromContext = this.#context === '' ? undefined : clientValue(client, this.#context);
  }

  apply(attributes: AttributesDraft): void {
    const value = this.#fromContext ?? this.#fromAttribute(attributes) ?? this.#default;
    if (value !== undefined) setAttribute(attributes, this.#setter, this.#key, value);
  }

  #fromAttribute(attributes: AttributesDraft): Uint8Array | undefined {
    if (this.#attribute === undefined) return undefined;
    const index = attributes.find(this.#attribute);
    return index < 0 ? undefined : attributes.encodedValue(index);
  }
}

class Delete implements Edit {
  readonly #key: Uint8Array;
  readonly #pattern: RememberingPattern | undefined;

  constructor(key: Uint8Array, pattern: RememberingPattern | undefined) {
    this.#key = key;
    this.#pattern = pattern;
  }

  apply(attributes: AttributesDraft): void {
    attributes.delete(this.#key);
    if (this.#pattern === undefined) return;
    for (let index = 0; index < attributes.count; index++) {
      if (!attributes.isDeleted(index) && keyMatches(attributes, index, this.#pattern)) attributes.remove(index);
    }
  }
}

class Hash implements Edit {
  readonly #key: Uint8Array;
  readonly #pattern: RememberingPattern | undefined;

  constructor(key: Uint8Array, pattern: RememberingPattern | undefined) {
    this.#key = key;
    this.#pattern = pattern;
  }

  apply(attributes: AttributesDraft): void {
    const found = attributes.find(this.#key);
    if (found >= 0) attributes.set(found, hashedValue(attributes.value(found)));
    if (this.#pattern === undefined) return;
    // An attribute that both name is hashed twice, as in the collector.
    for (let index = 0; index < attributes.count; index++) {
      if (attributes.isDeleted(index) || !keyMatches(attributes, index, this.#pattern)) continue;
      attributes.set(index, hashedValue(attributes.value(index)));
    }
  }
}

class Extract implements Edit {
  readonly #key: Uint8Array;
  readonly #pattern: Re2;
  readonly #targets: readonly Uint8Array[];

  constructor(key: Uint8Array, pattern: Re2) {
    this.#key = key;
    this.#pattern = pattern;
    this.#targets = pattern.groupNames.map(encodeUtf8);
  }

  apply(attributes: AttributesDraft): void {
    const found = attributes.find(this.#key);
    if (found < 0) return;
    const value = attributes.value(found);
    if (value.type !== ANY_STRING) return;
    const groups = this.#pattern.groups(value.string());
    if (groups === undefined) return;
    for (const [index, target] of this.#targets.entries())
      attributes.upsert(target, encodeAnyValue(groups[index] ?? ''));
  }
}

class Convert implements Edit {
  readonly #key: Uint8Array;
  readonly #type: string;

  constructor(key: Uint8Array, type: string) {
    this.#key = key;
    this.#type = type;
  }

  apply(attributes: AttributesDraft): void {
    const found = attributes.find(this.#key);
    if (found < 0) return;
    const converted = convertedValue(attributes.value(found), this.#type);
    if (converted !== undefined) attributes.set(found, converted);
  }
}
