// What every match of a regular expression (RE2's syntax) contains for certain: a run of bytes, each from a known set. A
// value without such a run can not match, which is found out without making a string of it. This reader knows less than RE2:
// whatever it does not understand makes the whole pattern unknown, never wrong.

import {
  EMPTY_SHAPE,
  UNKNOWN_SHAPE,
  either,
  exactShape,
  followedBy,
  repeated,
  wideShape,
  type ByteSet,
  type Shape,
} from './byte-runs.ts';

/** The most telling run of a pattern that is known to be valid; empty where nothing is certain. */
export function requiredBytes(pattern: string): readonly ByteSet[] {
  try {
    const reader = new PatternReader(pattern);
    const { best } = reader.alternatives();
    return reader.isAtEnd ? best : [];
  } catch (error) {
    if (error instanceof NotUnderstood) return [];
    throw error;
  }
}

class NotUnderstood extends Error {}

/** Characters: the ASCII ones, and whether there are others. */
interface Characters {
  readonly ascii: ByteSet;
  isWide: boolean;
}

const HIGHEST_ASCII = 0x7f;
const REPLACEMENT = 0xff_fd;
/** Deeper groups are not read. */
const MAX_DEPTH = 100;
const REPEAT = /\{(\d{1,4})(,(\d{0,4}))?\}/y;
const GROUP = /\(\?(?:P?<[^>]*>|([imsU]*)(-[imsU]+)?([:)]))/y;
const HEX = /\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/y;
const POSIX = /\[:(\^?)([a-z]+):\]/y;

/** As pairs of the first and the last character. */
const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: '09AZaz',
  alpha: 'AZaz',
  ascii: '\0\u007f',
  blank: '\t\t  ',
  cntrl: '\0\u001f\u007f\u007f',
  digit: '09',
  graph: '!~',
  lower: 'az',
  print: ' ~',
  punct: '!/:@[`{~',
  space: '\t\r  ',
  upper: 'AZ',
  word: '09AZaz__',
  xdigit: '09AFaf',
};
const CONTROL: Readonly<Record<string, number>> = { a: 7, t: 9, n: 10, v: 11, f: 12, r: 13 };

class PatternReader {
  readonly #pattern: string;
  #at = 0;
  #ignoresCase = false;
  #depth = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  alternatives(): Shape {
    if (++this.#depth > MAX_DEPTH) throw new NotUnderstood();
    let shape = this.#sequence();
    while (this.#takes('|')) shape = either(shape, this.#sequence());
    this.#depth--;
    return shape;
  }

  #sequence(): Shape {
    let shape = EMPTY_SHAPE;
    while (!this.isAtEnd && this.#next !== '|' && this.#next !== ')') shape = followedBy(shape, this.#repeated());
    return shape;
  }

  /** An atom and how often it comes; RE2 takes one such mark, and a `?` behind it for the fewest. */
  #repeated(): Shape {
    const atom = this.#atom();
    let shape = atom;
    const counted = this.#match(REPEAT);
    if (counted !== undefined) {
      const [, min = '', range, max] = counted;
      shape = repeated(atom, Number(min), range === undefined || max === min);
    } else if (this.#takes('*') || this.#takes('?')) shape = UNKNOWN_SHAPE;
    else if (this.#takes('+')) shape = repeated(atom, 1, false);
    else return atom;
    this.#takes('?');
    return shape;
  }

  #atom(): Shape {
    const character = this.#next;
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return shapeOf(this.#class());
      case '\\':
        return this.#escape();
      case '^':
      case '$':
        this.#at += 1;
        return EMPTY_SHAPE;
      case '.':
        this.#at += 1;
        return wideShape(anyByte());
      default:
        return this.#literal(this.#codePoint());
    }
  }

  #group(): Shape {
    const before = this.#ignoresCase;
    const opened = this.#match(GROUP);
    if (opened === undefined) {
      this.#at += 1;
      if (this.#next === '?') throw new NotUnderstood();
    } else {
      const [, on = '', off = '', end] = opened;
      if (on.includes('i')) this.#ignoresCase = true;
      if (off.includes('i')) this.#ignoresCase = false;
      // `(?i)` holds until the end of the group around it; a mark behind it is for what stands before.
      if (end === ')' && '*+?{'.includes(this.#next || ' ')) throw new NotUnderstood();
      if (end === ')') return EMPTY_SHAPE;
    }
    const shape = this.alternatives();
    if (!this.#takes(')')) throw new NotUnderstood();
    this.#ignoresCase = before;
    return shape;
  }

  #escape(): Shape {
    const escaped = this.#pattern[this.#at + 1] ?? '';
    if ('bBAz'.includes(escaped) && escaped !== '') {
      this.#at += 2;
      return EMPTY_SHAPE;
    }
    if (escaped === 'Q') return this.#quoted();
    const characters = this.#escapedClass();
    return characters === undefined ? this.#literal(this.#escapedCodePoint()) : shapeOf(characters);
  }

  /** `\Q…\E` */
  #quoted(): Shape {
    this.#at += 2;
    let shape = EMPTY_SHAPE;
    while (!this.isAtEnd) {
      if (this.#pattern.startsWith(String.raw`\E`, this.#at)) {
        this.#at += 2;
        return shape;
      }
      shape = followedBy(shape, this.#literal(this.#codePoint()));
    }
    return shape;
  }

  #literal(code: number): Shape {
    if (code > HIGHEST_ASCII) {
      // What is not UTF-8 reads as U+FFFD, and case has rules of its own.
      if (this.#ignoresCase || code === REPLACEMENT) return wideShape(anyByte());
      return exactShape([...Buffer.from(String.fromCodePoint(code))].map((value) => setOf([value])));
    }
    const characters: Characters = { ascii: setOf([code]), isWide: false };
    if (this.#ignoresCase) foldCase(characters);
    return shapeOf(characters);
  }

  /** `\d`, `\pL` and the like; undefined where the escape stands for one character. */
  #escapedClass(): Characters | undefined {
    const escaped = this.#pattern[this.#at + 1] ?? '';
    if (escaped === 'p' || escaped === 'P') {
      const end = this.#pattern[this.#at + 2] === '{' ? this.#pattern.indexOf('}', this.#at) : this.#at + 2;
      if (end < 0) throw new NotUnderstood();
      this.#at = end + 1;
      return { ascii: anyByte(), isWide: true };
    }
    const ranges = { d: '09', w: '09AZaz__', s: '\t\n\f\r  ' }[escaped.toLowerCase()];
    if (ranges === undefined || !'dwsDWS'.includes(escaped)) return undefined;
    this.#at += 2;
    const characters: Characters = { ascii: rangesOf(ranges), isWide: false };
    return escaped === escaped.toLowerCase() ? characters : complementOf(characters);
  }

  #escapedCodePoint(): number {
    const hex = this.#match(HEX);
    if (hex !== undefined) return Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    this.#at += 1;
    const escaped = this.#next;
    const control = CONTROL[escaped];
    if (control !== undefined) {
      this.#at += 1;
      return control;
    }
    // Letters and digits that are left have a meaning of their own.
    if (escaped === '' || /[0-9A-Za-z]/.test(escaped)) throw new NotUnderstood();
    return this.#codePoint();
  }

  /** `[…]` */
  #class(): Characters {
    this.#at += 1;
    const isNegated = this.#takes('^');
    const characters: Characters = { ascii: setOf([]), isWide: false };
    for (let isFirst = true; isFirst || this.#next !== ']'; isFirst = false) {
      if (this.isAtEnd) throw new NotUnderstood();
      this.#classItem(characters);
    }
    this.#at += 1;
    if (this.#ignoresCase) foldCase(characters);
    return isNegated ? complementOf(characters) : characters;
  }

  #classItem(into: Characters): void {
    const posix = this.#match(POSIX);
    if (posix !== undefined) {
      const ranges = POSIX_CLASSES[posix[2] ?? ''];
      if (ranges === undefined) throw new NotUnderstood();
      const named: Characters = { ascii: rangesOf(ranges), isWide: false };
      addTo(into, posix[1] === '^' ? complementOf(named) : named);
      return;
    }
    if (this.#next === '\\') {
      const escaped = this.#escapedClass();
      if (escaped !== undefined) {
        addTo(into, escaped);
        return;
      }
    }
    const low = this.#classCodePoint();
    let high = low;
    if (this.#next === '-' && this.#pattern[this.#at + 1] !== ']') {
      this.#at += 1;
      high = this.#classCodePoint();
    }
    for (let code = low; code <= Math.min(high, HIGHEST_ASCII); code++) into.ascii[code] = 1;
    if (high > HIGHEST_ASCII) into.isWide = true;
  }

  #classCodePoint(): number {
    return this.#next === '\\' ? this.#escapedCodePoint() : this.#codePoint();
  }

  get #next(): string {
    return this.#pattern[this.#at] ?? '';
  }

  #codePoint(): number {
    const code = this.#pattern.codePointAt(this.#at);
    if (code === undefined) throw new NotUnderstood();
    this.#at += code > 0xff_ff ? 2 : 1;
    return code;
  }

  #takes(character: string): boolean {
    if (this.#next !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#pattern) ?? undefined;
    if (found !== undefined) this.#at += found[0].length;
    return found;
  }
}

function shapeOf({ ascii, isWide }: Characters): Shape {
  return isWide ? wideShape(ascii.map((flag, value) => (value > HIGHEST_ASCII ? 1 : flag))) : exactShape([ascii]);
}

function setOf(values: readonly number[]): ByteSet {
  const set = new Uint8Array(256);
  for (const value of values) set[value] = 1;
  return set;
}

function anyByte(): ByteSet {
  return new Uint8Array(256).fill(1);
}

/** `09__`: pairs of the first and the last character. */
function rangesOf(pairs: string): ByteSet {
  const set = setOf([]);
  for (let at = 0; at < pairs.length; at += 2) {
    for (let code = pairs.charCodeAt(at); code <= pairs.charCodeAt(at + 1); code++) set[code] = 1;
  }
  return set;
}

/** Everything else; beyond ASCII that is always something. */
function complementOf({ ascii }: Characters): Characters {
  return { ascii: ascii.map((flag, value) => (value > HIGHEST_ASCII ? 0 : 1 - flag)), isWide: true };
}

function addTo(into: Characters, characters: Characters): void {
  for (let value = 0; value <= HIGHEST_ASCII; value++) if (characters.ascii[value] === 1) into.ascii[value] = 1;
  if (characters.isWide) into.isWide = true;
}

/** Adds the other case. The letters k and s also have one beyond ASCII: U+212A and U+017F. */
function foldCase(characters: Characters): void {
  const { ascii } = characters;
  for (let upper = 0x41; upper <= 0x5a; upper++) {
    const lower = upper + 0x20;
    if (ascii[upper] !== 1 && ascii[lower] !== 1) continue;
    ascii[upper] = ascii[lower] = 1;
    if (lower === 0x6b || lower === 0x73) characters.isWide = true;
  }
  // The other way round: what lies beyond ASCII may stand for one of these two.
  if (characters.isWide) for (const letter of 'kKsS') ascii[letter.charCodeAt(0)] = 1;
}
