// The URL of a target from its labels, escaped as Go's net/url does.

import { ADDRESS } from './discovery/config.ts';
import type { Labels } from './discovery/discovery.ts';

const PARAM = '__param_';

/** `__scheme__://__address____metrics_path__?…`; `__param_x` replaces the first value of the parameter x. */
export function targetUrl(labels: Labels, params: ReadonlyMap<string, readonly string[]>): string {
  const query = new Map([...params].map(([key, values]) => [key, [...values]]));
  for (const [name, value] of labels) {
    if (!name.startsWith(PARAM)) continue;
    const key = name.slice(PARAM.length);
    const values = query.get(key);
    if (values && values.length > 0) values[0] = value;
    else query.set(key, [value]);
  }
  const path = labels.get('__metrics_path__') ?? '';
  const scheme = labels.get('__scheme__') ?? '';
  const rooted = path === '' || path.startsWith('/') ? path : `/${path}`;
  const search = encodeQuery(query);
  return `${scheme}://${labels.get(ADDRESS) ?? ''}${escapePath(rooted)}${search === '' ? '' : `?${search}`}`;
}

function encodeQuery(query: ReadonlyMap<string, readonly string[]>): string {
  const keys = [...query.keys()].toSorted();
  return keys
    .flatMap((key) => (query.get(key) ?? []).map((value) => `${escapeQuery(key)}=${escapeQuery(value)}`))
    .join('&');
}

function escapeQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()*]/g, percent)
    .replaceAll('%20', '+');
}

/** A path keeps `$&+,/:;=@` besides letters, digits and `-_.~`. */
function escapePath(path: string): string {
  return encodeURIComponent(path.toWellFormed())
    .replaceAll(/[!'()*]/g, percent)
    .replaceAll(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, (escaped) =>
      String.fromCharCode(Number.parseInt(escaped.slice(1), 16)),
    );
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
