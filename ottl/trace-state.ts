// Single keys of a W3C trace state.

/** The value of a key in `a=1,b=2`; '' where there is none, as in the collector. */
export function traceStateValue(state: string, key: string): string {
  for (const member of state.split(',')) {
    const [name, ...value] = member.trim().split('=');
    if (name === key) return value.join('=');
  }
  return '';
}

/** The trace state with this key set, at its front, as W3C asks of what changed last. */
export function setTraceStateValue(state: string, key: string, value: string): string {
  const others = state
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '' && member.split('=')[0] !== key);
  return [`${key}=${value}`, ...others].join(',');
}
