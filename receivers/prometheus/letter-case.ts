// Upper and lower case as Go's strings.ToUpper and ToLower have it: letter by letter, each to exactly one letter.

export function goUpper(text: string): string {
  return mapLetters(text, (letter) => letter.toUpperCase());
}

export function goLower(text: string): string {
  return mapLetters(text, (letter) => (letter === '\u0130' ? 'i' : letter.toLowerCase()));
}

const ASCII = /^[\0-\x7f]*$/;

function mapLetters(text: string, map: (letter: string) => string): string {
  if (ASCII.test(text)) return map(text);
  let result = '';
  for (const letter of text) {
    const mapped = map(letter);
    // JavaScript makes SS of ß; where one letter becomes several, Go leaves it or takes the one of the same length.
    result += isOneLetter(mapped) ? mapped : (TITLE_FORMS.get(letter) ?? letter);
  }
  return result;
}

function isOneLetter(text: string): boolean {
  return text.length === ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
}

/** Greek letters with iota, whose upper case is one letter in Unicode's simple mapping and two in the full one. */
const TITLE_FORMS: ReadonlyMap<string, string> = new Map([
  ...[0x1f80, 0x1f90, 0x1fa0].flatMap((first) =>
    Array.from({ length: 8 }, (_, index): [string, string] => [
      String.fromCodePoint(first + index),
      String.fromCodePoint(first + index + 8),
    ]),
  ),
  ['\u1fb3', '\u1fbc'],
  ['\u1fc3', '\u1fcc'],
  ['\u1ff3', '\u1ffc'],
]);
