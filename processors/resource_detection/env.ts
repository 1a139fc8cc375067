// The env detector: OTEL_RESOURCE_ATTRIBUTES, as the collector reads it.

import type { Detected } from './detected.ts';

/** `key=value` in ASCII, up to 256 characters each, between commas. */
const PAIR = /\s*([^\u0080-\uffff]{1,256}?)\s*=\s*([^\u0080-\uffff]{0,256}?)\s*(?:,|$)/gy;

/** Fails with an Error where the variable is set and is not a list of pairs. */
export function detectEnvironment(environment: Readonly<NodeJS.ProcessEnv>): Detected {
  const variable = environment['OTEL_RESOURCE_ATTRIBUTES']?.trim() ?? '';
  // The second is the older name.
  const text = variable === '' ? (environment['OTEL_RESOURCE']?.trim() ?? '') : variable;
  const detected: Detected = new Map();
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < text.length) {
    const at = PAIR.lastIndex;
    const [, key, value] = PAIR.exec(text) ?? [];
    if (key === undefined || value === undefined) throw new Error(`it is no list of key=value from position ${at} on`);
    try {
      // A plus is a blank, as in the query of a URL.
      detected.set(key, decodeURIComponent(value.replaceAll('+', ' ')));
    } catch {
      throw new Error(`the value of ${key} has a wrong %-escape`);
    }
  }
  return detected;
}
