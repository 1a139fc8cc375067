// The few forms of checks that kinds of service discovery have in common.

/** The keys of a section as they were written. */
export type Keys = Readonly<Record<string, unknown>>;

export interface Problem {
  readonly key: string;
  readonly message: string;
}

/** The first of the keys that is absent or empty. */
export function required(keys: Keys, ...names: readonly string[]): Problem | undefined {
  const key = names.find((name) => keys[name] === undefined || keys[name] === null || keys[name] === '');
  return key === undefined ? undefined : { key, message: `${key} has to be given` };
}

export function oneOf(keys: Keys, key: string, allowed: readonly string[]): Problem | undefined {
  const value = keys[key];
  if (typeof value === 'string' && allowed.includes(value)) return undefined;
  const seen = value === undefined ? `${key} has to be given` : `${JSON.stringify(value)} is not allowed`;
  return { key, message: `${seen}; expected one of ${allowed.join(', ')}` };
}

/** Whether a key is a URL with a scheme and a host. */
export function hostProblem(keys: Keys, key: string): Problem | undefined {
  const value = keys[key];
  if (typeof value === 'string' && /^[a-z][a-z0-9+.-]*:\/\/[^/?#]/i.test(value) && URL.canParse(value))
    return undefined;
  return { key, message: `${JSON.stringify(value ?? '')} is not a URL with a scheme and a host` };
}
