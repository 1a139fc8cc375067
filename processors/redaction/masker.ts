// What stands in the place of what is taken out: asterisks, or a hash that stays the same for the same text.

import { createHmac, hash } from 'node:crypto';
import type { RedactionConfig } from './config.ts';

const MASK = '****';

export type Masker = (text: string) => string;

export function maskerOf({ hash_function: name, hmac_key: key }: RedactionConfig): Masker {
  switch (name) {
    case '':
      return () => MASK;
    case 'hmac-sha256':
      return (text) => createHmac('sha256', key).update(text).digest('hex');
    case 'hmac-sha512':
      return (text) => createHmac('sha512', key).update(text).digest('hex');
    case 'sha3':
      return (text) => hash('sha3-256', text, 'hex');
    default:
      return (text) => hash(name, text, 'hex');
  }
}

/** Masks a whole value, line by line: the collector does it with the pattern `.*`, which does not match line ends. */
export function maskLines(text: string, mask: Masker): string {
  return text.includes('\n') ? text.split('\n').map(mask).join('\n') : mask(text);
}
