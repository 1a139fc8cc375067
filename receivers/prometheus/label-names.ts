// Which names labels may have: any text, or the old character set of Prometheus.

import type { ValidationScheme } from './scrape-config.ts';

const LEGACY = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function isLabelName(name: string, scheme: ValidationScheme): boolean {
  return scheme === 'legacy' ? LEGACY.test(name) : name !== '' && name.isWellFormed();
}
