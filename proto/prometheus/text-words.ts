// Characters of names, and the words of the text formats.

import { encodeUtf8 } from '../otlp/text.ts';
import type { FamilyType } from './page-reader.ts';

/** What may begin a label's name, a metric's name, or go on in either. */
export const LABEL_START = 1;
export const NAME_START = 2;
export const DIGIT = 4;
export const CLASSES = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const character = String.fromCharCode(byte);
  if (/[a-zA-Z_]/.test(character)) CLASSES[byte] = LABEL_START | NAME_START;
  else if (character === ':') CLASSES[byte] = NAME_START;
  else if (/\d/.test(character)) CLASSES[byte] = DIGIT;
}

export const TYPE = encodeUtf8('TYPE');
export const HELP = encodeUtf8('HELP');
export const UNIT = encodeUtf8('UNIT');
export const EOF = encodeUtf8('EOF');

export const TEXT_TYPES: ReadonlyMap<string, FamilyType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['summary', 'summary'],
  ['untyped', 'unknown'],
]);
export const OPENMETRICS_TYPES: ReadonlyMap<string, FamilyType> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['gaugehistogram', 'gaugehistogram'],
  ['summary', 'summary'],
  ['info', 'info'],
  ['stateset', 'stateset'],
  ['unknown', 'unknown'],
]);
