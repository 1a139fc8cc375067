// The `tracestate` of a span (W3C Trace Context) and the sampling information OpenTelemetry keeps in its `ot` member.

import { parseRandomness, parseThreshold, Randomness, type Threshold } from './threshold.ts';

const MAX_LENGTH = 1024;
const MAX_MEMBERS = 32;
const MAX_KEY = 256;
const MAX_TENANT = 241;
const MAX_SYSTEM = 14;
const MAX_VALUE = 256;

/** A tracestate taken apart; reused from span to span. */
export class TraceState {
  /** `th`; undefined where there is none. */
  threshold: Threshold | undefined;
  /** `rv`; valid where `hasRandomness`. */
  readonly randomness = new Randomness();
  hasRandomness = false;
  /** As it was written: the case of hex digits is kept. */
  #thresholdText = '';
  #randomnessText = '';
  #isRandomnessNew = false;
  #otherFields: string[] = [];
  #otherMembers: string[] = [];

  clear(): void {
    this.#clearSampling();
    if (this.#otherMembers.length > 0) this.#otherMembers = [];
  }

  /**
   * Reads a tracestate; false where it is malformed or too long. What could be read before the error stays, as in the
   * collector.
   */
  parse(text: string): boolean {
    this.clear();
    if (text.length > MAX_LENGTH || !isTraceState(text)) return false;
    let good = true;
    const members = text.split(',');
    if (members.at(-1) === '') members.pop();
    for (const [index, raw] of members.entries()) {
      if (index + 1 >= MAX_MEMBERS) return false;
      const member = trimBlanks(raw);
      if (member === '') continue;
      const equals = member.indexOf('=');
      const key = member.slice(0, equals);
      if (isKeyTooLong(key)) good = false;
      else if (key === 'ot') good = this.#parseSampling(member.slice(equals + 1)) && good;
      else this.#otherMembers.push(member);
    }
    return good;
  }

  setRandomness(randomness: Randomness): void {
    this.hasRandomness = true;
    this.randomness.set(randomness.upper, randomness.lower);
    // Its text is made when it is written: most items that are given randomness are dropped.
    this.#isRandomnessNew = true;
  }

  setThreshold(threshold: Threshold): void {
    this.threshold = threshold;
    this.#thresholdText = threshold.text;
  }

  clearThreshold(): void {
    this.threshold = undefined;
    this.#thresholdText = '';
  }

  /** The tracestate as text, `ot` first. */
  toString(): string {
    let sampling = '';
    if (this.#isRandomnessNew) sampling = `rv:${this.randomness.toString()}`;
    else if (this.#randomnessText !== '') sampling = `rv:${this.#randomnessText}`;
    if (this.#thresholdText !== '') sampling += `${sampling === '' ? '' : ';'}th:${this.#thresholdText}`;
    for (const field of this.#otherFields) sampling += `${sampling === '' ? '' : ';'}${field}`;
    let text = sampling === '' ? '' : `ot=${sampling}`;
    for (const member of this.#otherMembers) text += `${text === '' ? '' : ','}${member}`;
    return text;
  }

  #clearSampling(): void {
    this.clearThreshold();
    this.hasRandomness = this.#isRandomnessNew = false;
    this.#randomnessText = '';
    if (this.#otherFields.length > 0) this.#otherFields = [];
  }

  /** The value of the member `ot`: fields `key:value`, separated by semicolons. */
  #parseSampling(text: string): boolean {
    this.#clearSampling();
    const fields = text.split(';');
    if (!fields.every(isSamplingField)) return false;
    let good = true;
    for (const field of fields) {
      const colon = field.indexOf(':');
      const key = field.slice(0, colon);
      const value = field.slice(colon + 1);
      if (key === 'rv') {
        this.hasRandomness = parseRandomness(value, this.randomness);
        this.#randomnessText = this.hasRandomness ? value : '';
        good &&= this.hasRandomness;
      } else if (key === 'th') {
        this.threshold = parseThreshold(value);
        this.#thresholdText = this.threshold === undefined ? '' : value;
        good &&= this.threshold !== undefined;
      } else this.#otherFields.push(field);
    }
    return good;
  }
}

function isTraceState(text: string): boolean {
  for (const raw of text.split(',')) {
    const member = trimBlanks(raw);
    if (member === '') continue;
    const equals = member.indexOf('=');
    if (equals < 1 || !isKey(member.slice(0, equals)) || !isValue(member.slice(equals + 1))) return false;
  }
  return true;
}

/** `key`, or `tenant@system`. */
function isKey(key: string): boolean {
  const at = key.indexOf('@');
  if (at < 0) return isLetter(key.charCodeAt(0)) && areKeyCharacters(key, 1);
  const tenant = key.slice(0, at);
  const system = key.slice(at + 1);
  if (tenant === '' || system === '') return false;
  return (
    isLetterOrDigit(tenant.charCodeAt(0)) &&
    isLetter(system.charCodeAt(0)) &&
    areKeyCharacters(tenant, 1) &&
    areKeyCharacters(system, 1)
  );
}

function isKeyTooLong(key: string): boolean {
  const at = key.indexOf('@');
  return key.length > MAX_KEY || (at >= 0 && (at > MAX_TENANT || key.length - at - 1 > MAX_SYSTEM));
}

/** Printable ASCII without comma and equals sign; no blank at the end. */
function isValue(value: string): boolean {
  if (value === '' || value.length > MAX_VALUE || value.endsWith(' ')) return false;
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === 0x2c || code === 0x3d) return false;
  }
  return true;
}

function isSamplingField(field: string): boolean {
  const colon = field.indexOf(':');
  if (colon < 1 || !isLetter(field.charCodeAt(0))) return false;
  for (let index = 1; index < colon; index++) if (!isLetterOrDigit(field.charCodeAt(index))) return false;
  for (let index = colon + 1; index < field.length; index++) {
    const code = field.charCodeAt(index);
    const isUpper = code >= 0x41 && code <= 0x5a;
    // Dot, underscore, hyphen.
    if (!isLetterOrDigit(code) && !isUpper && code !== 0x2e && code !== 0x5f && code !== 0x2d) return false;
  }
  return true;
}

function areKeyCharacters(text: string, from: number): boolean {
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // Underscore, hyphen, asterisk, slash.
    if (!isLetterOrDigit(code) && code !== 0x5f && code !== 0x2d && code !== 0x2a && code !== 0x2f) return false;
  }
  return true;
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isLetterOrDigit(code: number): boolean {
  return isLetter(code) || (code >= 0x30 && code <= 0x39);
}

/** Blanks and tabs at both ends; no other white space. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
