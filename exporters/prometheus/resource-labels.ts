// Which resource attributes become labels: the collector's patterns.

import type { ResourceLabelSettings } from './config.ts';

const SERVICE_KEYS: ReadonlySet<string> = new Set(['service.name', 'service.namespace', 'service.instance.id']);

export type ResourceLabelRule = (key: string) => boolean;

/** Undefined where no attribute becomes a label. */
export function resourceLabelRule(settings: ResourceLabelSettings): ResourceLabelRule | undefined {
  const { included, excluded, enabled, exclude_service_attributes: withoutService } = settings;
  if (included.length > 0 || excluded.length > 0) {
    const wanted = included.map(matcherOf);
    const unwanted = excluded.map(matcherOf);
    return (key) =>
      !unwanted.some((matches) => matches(key)) && (wanted.length === 0 || wanted.some((matches) => matches(key)));
  }
  if (!enabled) return undefined;
  return withoutService ? (key) => !SERVICE_KEYS.has(key) : () => true;
}

/** * is any text, ? any one character. Walks the pattern with one place to go back to, so that no pattern is slow. */
function matcherOf(pattern: string): (key: string) => boolean {
  if (!/[*?]/.test(pattern)) return (key) => key === pattern;
  const wanted = Array.from(pattern);
  return (key) => {
    const text = Array.from(key);
    let at = 0;
    let star = -1;
    let starAt = 0;
    for (let index = 0; index < text.length;) {
      if (wanted[at] === '*') {
        star = at++;
        starAt = index;
      } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === text[index])) {
        at += 1;
        index += 1;
      } else if (star >= 0) {
        at = star + 1;
        index = ++starAt;
      } else return false;
    }
    while (wanted[at] === '*') at += 1;
    return at === wanted.length;
  };
}
