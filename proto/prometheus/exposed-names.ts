// Names as a scraper can take them: the escaping schemes of Prometheus for those that do not know UTF-8 names
// (prometheus/common v0.71 model.EscapeName).

export type EscapingScheme = 'allow-utf-8' | 'underscores' | 'dots' | 'values';

const LEGACY = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Whether every Prometheus takes the name, without quotes. */
export function isLegacyName(name: string): boolean {
  return LEGACY.test(name);
}

/** The name under the scheme; one that every Prometheus takes stays. */
export function exposedName(name: string, scheme: EscapingScheme): string {
  if (scheme === 'allow-utf-8' || name === '' || isLegacyName(name)) return name;
  let escaped = scheme === 'values' ? 'U__' : '';
  let isFirst = true;
  for (const character of name) {
    escaped += escapedCharacter(character, isFirst, scheme);
    isFirst = false;
  }
  return escaped;
}

function escapedCharacter(character: string, isFirst: boolean, scheme: EscapingScheme): string {
  const isLegacy = (isFirst ? /[a-zA-Z_:]/ : /[a-zA-Z0-9_:]/).test(character);
  if (scheme === 'underscores') return isLegacy ? character : '_';
  if (character === '_') return '__';
  if (scheme === 'dots') {
    if (character === '.') return '_dot_';
    return isLegacy ? character : '__';
  }
  return isLegacy ? character : `_${(character.codePointAt(0) ?? 0).toString(16)}_`;
}
