// JSON with every value replaced by "?", its keys and its shape kept: queries of MongoDB, OpenSearch and Elasticsearch.

const PLACEHOLDER = '"?"';
const SPACES = ' \t\r\n';
const ENDS = ',:]}';

/** The text without white space and without values; as it is where it is no JSON. */
export function withoutJsonValues(text: string): string {
  return isJson(text) ? obfuscate(text) : text;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function obfuscate(json: string): string {
  /** Per open bracket whether it is an object's. */
  const open: boolean[] = [];
  let isKey = false;
  let result = '';
  let at = 0;
  while (at < json.length) {
    const character = json.charAt(at);
    if (SPACES.includes(character)) {
      at += 1;
      // Behind the value white space is kept, as by DataDog's obfuscator.
      if (open.length === 0 && result !== '') result += character;
      continue;
    }
    if (character === '{' || character === '[') {
      isKey = character === '{';
      open.push(isKey);
    } else if (character === '}' || character === ']') open.pop();
    else if (character === ',') isKey = open.at(-1) === true;
    else if (character === ':') isKey = false;
    else {
      const end = character === '"' ? endOfString(json, at) : endOfLiteral(json, at);
      result += isKey ? json.slice(at, end) : PLACEHOLDER;
      at = end;
      continue;
    }
    result += character;
    at += 1;
  }
  return result;
}

function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json.charAt(at) !== '"') at += json.charAt(at) === '\\' ? 2 : 1;
  return at + 1;
}

function endOfLiteral(json: string, start: number): number {
  let at = start;
  while (at < json.length && !ENDS.includes(json.charAt(at)) && !SPACES.includes(json.charAt(at))) at += 1;
  return at;
}
