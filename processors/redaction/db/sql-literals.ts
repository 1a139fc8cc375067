// SQL with `?` for every literal, as DataDog's go-sqllexer writes it in its mode "obfuscate only" with digits replaced: texts,
// numbers, truth values and null, numbered parameters, and the digits of names. Everything else stays, comments too.

import {
  BOOLEAN,
  DOLLAR_FUNCTION,
  DOLLAR_STRING,
  IDENTIFIER,
  INCOMPLETE_STRING,
  NULL,
  NUMBER,
  POSITIONAL_PARAMETER,
  QUOTED_IDENTIFIER,
  SqlLexer,
  STRING,
} from './sql-lexer.ts';

const PLACEHOLDER = '?';
/** `$func$` */
const FUNCTION_TAG = '$func$';

/** `dialect` is the name of the database system, '' where it is not known. */
export function withoutSqlLiterals(text: string, dialect: string): string {
  // As one character a byte, which is how the lexer goes through it.
  return Buffer.from(obfuscated(Buffer.from(text).toString('latin1'), dialect), 'latin1')
    .toString()
    .trim();
}

function obfuscated(sql: string, dialect: string): string {
  const lexer = new SqlLexer(sql, dialect);
  let result = '';
  while (lexer.next()) result += replacementOf(lexer.type, lexer.text, dialect);
  return result;
}

function replacementOf(type: number, text: string, dialect: string): string {
  switch (type) {
    case NUMBER:
    case STRING:
    case INCOMPLETE_STRING:
    case DOLLAR_STRING:
    case POSITIONAL_PARAMETER:
    case BOOLEAN:
    case NULL:
      return PLACEHOLDER;
    case IDENTIFIER:
    case QUOTED_IDENTIFIER:
      return text.replaceAll(/[0-9]+/g, PLACEHOLDER);
    case DOLLAR_FUNCTION: {
      // A function's body is SQL again.
      const body = text.slice(FUNCTION_TAG.length, -FUNCTION_TAG.length);
      return `${FUNCTION_TAG}${trimmed(obfuscated(body, dialect))}${FUNCTION_TAG}`;
    }
    default:
      return text;
  }
}

/** Not trim(): of single bytes that would take a part of a character for a space. */
function trimmed(sql: string): string {
  return sql.replaceAll(/^[\t-\r ]+|[\t-\r ]+$/g, '');
}
