// Which names labels may have.

/** `utf8`: every text; `legacy`: the old character set of Prometheus. */
export type ValidationScheme = 'utf8' | 'legacy';

const LEGACY = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function isLabelName(name: string, scheme: ValidationScheme): boolean {
  return scheme === 'legacy' ? LEGACY.test(name) : name !== '' && name.isWellFormed();
}
