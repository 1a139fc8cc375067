// Snake and camel case by the rules of the collector's library (iancoleman/strcase): only ASCII letters have a case.

const isUpper = (character: string): boolean => character >= 'A' && character <= 'Z';
const isLower = (character: string): boolean => character >= 'a' && character <= 'z';
const isDigit = (character: string): boolean => character >= '0' && character <= '9';
const isSeparator = (character: string): boolean => ' _-.'.includes(character);

/** `HTTPServerID2` → `http_server_id_2`. */
export function toSnakeCase(text: string): string {
  const source = text.trim();
  let result = '';
  for (let at = 0; at < source.length; at += 1) {
    const character = source.charAt(at);
    const next = source.charAt(at + 1);
    const lowered = isUpper(character) ? character.toLowerCase() : character;
    if (isSeparator(character)) result += '_';
    else if (!changesKind(character, next)) result += lowered;
    else {
      // The last capital of several begins the word that follows.
      const beginsWord = isUpper(character) && isLower(next) && isUpper(source.charAt(at - 1));
      const endsWord = isLower(character) || isDigit(character) || isDigit(next);
      result += `${beginsWord ? '_' : ''}${lowered}${endsWord ? '_' : ''}`;
    }
  }
  return result;
}

function changesKind(character: string, next: string): boolean {
  if (next === '') return false;
  if (isUpper(character)) return isLower(next) || isDigit(next);
  if (isLower(character)) return isUpper(next) || isDigit(next);
  return isDigit(character) && (isUpper(next) || isLower(next));
}

/** `foo_bar` → `FooBar`. What is neither letter nor digit goes; of several capitals in a row the first stays one. */
export function toCamelCase(text: string): string {
  let result = '';
  let capitalNext = true;
  let afterCapital = false;
  for (const character of text.trim()) {
    const isCapital = isUpper(character);
    if (isCapital || isLower(character)) {
      if (capitalNext) result += character.toUpperCase();
      else result += afterCapital && isCapital ? character.toLowerCase() : character;
      capitalNext = false;
    } else if (isDigit(character)) {
      result += character;
      capitalNext = true;
    } else capitalNext = isSeparator(character);
    afterCapital = isCapital;
  }
  return result;
}
