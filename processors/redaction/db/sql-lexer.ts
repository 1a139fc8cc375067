// Splits SQL of any dialect into tokens, roughly: enough to know its literals and names. The rules are those of DataDog's
// go-sqllexer v0.1.12. The text is given as one character a byte, its UTF-8 read where letters beyond ASCII matter.

export const OTHER = 0;
export const STRING = 1;
export const INCOMPLETE_STRING = 2;
export const NUMBER = 3;
export const IDENTIFIER = 4;
export const QUOTED_IDENTIFIER = 5;
export const DOLLAR_FUNCTION = 6;
export const DOLLAR_STRING = 7;
export const POSITIONAL_PARAMETER = 8;
export const BOOLEAN = 9;
export const NULL = 10;

/** Words that are no names; only whether they are is asked here. */
const KEYWORDS = new Set(
  [
    'SELECT INSERT UPDATE DELETE CREATE ALTER DROP JOIN GRANT REVOKE COMMIT BEGIN TRUNCATE MERGE EXECUTE EXEC EXPLAIN',
    'STRAIGHT_JOIN USE CLONE FROM INTO TABLE EXISTS ONLY ADD ALL AND ANY ASC BETWEEN BY CASE CHECK COLUMN CONSTRAINT',
    'DATABASE DECLARE DEFAULT DESC DISTINCT ELSE END ESCAPE FOREIGN GROUP HAVING IN INDEX INNER IS KEY LEFT LIKE LIMIT',
    'NOT ON OR ORDER OUT OUTER PRIMARY PROCEDURE REPLACE RETURNS RIGHT ROLLBACK ROWNUM SET SOME TOP UNION UNIQUE VALUES',
    'VIEW WHERE CUBE ROLLUP LITERAL WINDOW VACCUM ANALYZE ILIKE USING ASSERTION DOMAIN CLUSTER COPY PLPGSQL TRIGGER',
    'TEMPORARY UNLOGGED RECURSIVE RETURNING OFFSET OF SKIP IF PROC WITH AS',
  ].flatMap((line) => line.split(' ')),
);

const DIALECTS: Readonly<Record<string, string>> = {
  'sql-server': 'mssql',
  sqlserver: 'mssql',
  postgres: 'postgresql',
};

const SPACES = ' \t\n\r';
const OPERATORS = '+-*/=<>!&|^%~?@:#';
const PUNCTUATION = '(),;.:[]{}';
const IN_NAMES = '".?$#/@!';
/** The end, and what a NUL in the text counts as too. */
const END = '\0';

const isDigit = (character: string): boolean => character >= '0' && character <= '9';
const isOctal = (character: string): boolean => character >= '0' && character <= '7';
const isHex = (character: string): boolean =>
  isDigit(character) || (character >= 'a' && character <= 'f') || (character >= 'A' && character <= 'F');
const isExponent = (character: string): boolean => character === 'e' || character === 'E';
const isSpace = (character: string): boolean => SPACES.includes(character);
const isBeyondAscii = (character: string): boolean => character > '\u007f';
const isAsciiWord = (character: string): boolean =>
  (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character === '_';
const isLetter = (character: string): boolean =>
  isAsciiWord(character) || (isBeyondAscii(character) && /^\p{L}$/u.test(character));
const isAlphaNumeric = (character: string): boolean =>
  isLetter(character) || isDigit(character) || (isBeyondAscii(character) && /^\p{N}$/u.test(character));
const isInName = (character: string): boolean =>
  IN_NAMES.includes(character) || isLetter(character) || isDigit(character);

export class SqlLexer {
  /** The current token. */
  type = OTHER;
  text = '';
  readonly #sql: string;
  readonly #dialect: string;
  #at = 0;

  constructor(sql: string, dialect: string) {
    this.#sql = sql;
    this.#dialect = DIALECTS[dialect] ?? dialect;
  }

  /** Goes to the next token. */
  next(): boolean {
    const start = this.#at;
    this.type = this.#scan();
    this.text = this.#sql.slice(start, this.#at);
    return this.#at > start;
  }

  /** The character `offset` bytes ahead; a byte inside of one is U+FFFD. */
  #peek(offset = 0): string {
    const byte = this.#sql.charAt(this.#at + offset);
    if (byte === '') return END;
    if (byte <= '\u007f') return byte;
    const bytes = Buffer.from(this.#sql.slice(this.#at + offset, this.#at + offset + 4), 'latin1');
    return String.fromCodePoint(bytes.toString().codePointAt(0) ?? 0);
  }

  /** Moves on, though not behind the end. */
  #skip(bytes = 1): void {
    if (this.#at + bytes <= this.#sql.length) this.#at += bytes;
  }

  #skipWhile(matches: (character: string) => boolean): void {
    while (this.#at < this.#sql.length && matches(this.#peek())) this.#at += 1;
  }

  #scan(): number {
    const first = this.#peek();
    const second = this.#peek(1);
    const dialect = this.#dialect;
    if (first === END) return OTHER;
    if (isSpace(first)) return this.#run(isSpace);
    if (isLetter(first)) return this.#name();
    if (first === '"') return dialect === 'mysql' ? this.#string('"') : this.#quotedName('"', '"');
    if (first === "'") return this.#string("'");
    if (first === '-' && second === '-') return this.#lineComment();
    if (first === '/' && second === '*') return this.#comment();
    if (first === '+' || first === '-') {
      if (!isDigit(second) && second !== '.') return this.#operator();
      this.#skip();
      return this.#decimal();
    }
    if (isDigit(first)) return this.#number(first, second);
    if (first === '*') return this.#one();
    if (first === '$') {
      if (isDigit(second)) return this.#positional();
      return dialect === 'mssql' && isLetter(second) ? this.#name() : this.#dollarQuoted();
    }
    if (first === ':') return dialect === 'oracle' && isAlphaNumeric(second) ? this.#parameter() : this.#operator();
    if (first === '`') return dialect === 'mysql' ? this.#quotedName('`', '`') : this.#one();
    if (first === '#') {
      if (dialect === 'mssql') return this.#name();
      return dialect === 'mysql' ? this.#lineComment() : this.#operator();
    }
    if (first === '@') return this.#atSign(second);
    if (OPERATORS.includes(first)) return this.#operator();
    return first === '[' && dialect === 'mssql' ? this.#quotedName('[', ']') : this.#one();
  }

  #one(): number {
    this.#skip();
    return OTHER;
  }

  #run(matches: (character: string) => boolean): number {
    this.#skip();
    this.#skipWhile(matches);
    return OTHER;
  }

  /** Variables, parameters and operators that begin with `@`. */
  #atSign(second: string): number {
    if (second === '@') {
      if (isAlphaNumeric(this.#peek(2))) return this.#parameter();
      this.#skip(2);
      return OTHER;
    }
    if (isAlphaNumeric(second)) return this.#dialect === 'snowflake' ? this.#name() : this.#parameter();
    if (second !== '?' && second !== '>') return this.#operator();
    this.#skip(2);
    return OTHER;
  }

  /** `:name`, `@name`, `@@name` */
  #parameter(): number {
    this.#skip(2);
    this.#skipWhile(isAlphaNumeric);
    return OTHER;
  }

  #positional(): number {
    this.#skip(2);
    this.#skipWhile(isDigit);
    return POSITIONAL_PARAMETER;
  }

  #number(first: string, second: string): number {
    if (first === '0' && (second === 'x' || second === 'X')) {
      this.#skip(2);
      this.#skipWhile(isHex);
      return NUMBER;
    }
    if (first === '0' && isOctal(second)) {
      this.#skip(2);
      this.#skipWhile(isOctal);
      return NUMBER;
    }
    this.#skip();
    return this.#decimal();
  }

  #decimal(): number {
    for (
      let character = this.#peek();
      isDigit(character) || character === '.' || isExponent(character);
      character = this.#peek()
    ) {
      this.#skip();
      if (isExponent(character) && (this.#peek() === '+' || this.#peek() === '-')) this.#skip();
    }
    return NUMBER;
  }

  #string(quote: string): number {
    let isEscaped = false;
    let endsEscaped = false;
    this.#skip();
    for (let character = this.#peek(); character !== END; character = this.#peek()) {
      this.#skip();
      if (isEscaped) {
        isEscaped = false;
        endsEscaped = character === quote;
      } else if (character === '\\') isEscaped = true;
      else if (character === quote) return STRING;
    }
    return endsEscaped ? STRING : INCOMPLETE_STRING;
  }

  /** A name or a keyword; keywords end where punctuation, white space or the end follows. */
  #name(): number {
    const start = this.#at;
    this.#skipWhile(isAsciiWord);
    const follows = this.#peek();
    if (follows === END || isSpace(follows) || PUNCTUATION.includes(follows)) {
      const word = this.#sql.slice(start, this.#at).toUpperCase();
      if (word === 'TRUE' || word === 'FALSE') return BOOLEAN;
      if (word === 'NULL') return NULL;
      if (KEYWORDS.has(word)) return OTHER;
    }
    for (let character = this.#peek(); isInName(character); character = this.#peek()) {
      this.#skip(Buffer.byteLength(character));
    }
    if (this.#at === start) return this.#one();
    // The name of a function keeps its digits.
    return this.#peek() === '(' && this.#sql.charAt(start) <= '\u007f' ? OTHER : IDENTIFIER;
  }

  /** `"a"."b"` is one name. */
  #quotedName(open: string, close: string): number {
    const between = `${close}.${open}`;
    this.#skip();
    for (let character = this.#peek(); character !== END; character = this.#peek()) {
      const isBetween = character === close && this.#sql.startsWith(between, this.#at);
      this.#skip(isBetween ? between.length : 1);
      if (character === close && !isBetween) return QUOTED_IDENTIFIER;
    }
    return OTHER;
  }

  #lineComment(): number {
    this.#skip(this.#peek() === '#' ? 1 : 2);
    this.#skipWhile((character) => character !== '\n' && character !== END);
    return OTHER;
  }

  #comment(): number {
    this.#skip(2);
    for (let character = this.#peek(); character !== END; character = this.#peek()) {
      if (character === '*' && this.#peek(1) === '/') {
        this.#skip(2);
        return OTHER;
      }
      this.#skip();
    }
    return OTHER;
  }

  #operator(): number {
    const json = /^(?:->>?|#>>?|#-|\?[|&]|<@)/.exec(this.#sql.slice(this.#at, this.#at + 3));
    if (json) {
      this.#skip(json[0].length);
      return OTHER;
    }
    let last = this.#peek();
    this.#skip();
    for (let character = this.#peek(); OPERATORS.includes(character); character = this.#peek()) {
      // `=?` is two: the second is a parameter.
      if (last === '=' && (character === '?' || character === '@')) break;
      last = character;
      this.#skip();
    }
    return OTHER;
  }

  /** `$tag$…$tag$`; a text without its end is none. */
  #dollarQuoted(): number {
    const start = this.#at;
    this.#skip();
    while (this.#at < this.#sql.length && this.#peek() !== '$') this.#skip();
    this.#skip();
    const tag = this.#sql.slice(start, this.#at);
    const end = this.#sql.indexOf(tag, this.#at);
    if (end < 0 || this.#at >= this.#sql.length) {
      this.#at = this.#sql.length;
      return OTHER;
    }
    this.#at = end + tag.length;
    return tag === '$func$' ? DOLLAR_FUNCTION : DOLLAR_STRING;
  }
}
