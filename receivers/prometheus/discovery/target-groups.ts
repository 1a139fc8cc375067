// Lists of target groups as files and HTTP servers give them: `[{targets: [host:port, …], labels: {name: value, …}}, …]`.

import { parseYaml } from '../../../pipeline/config/yaml.ts';
import { toPlain } from '../../../pipeline/config/node.ts';
import { isLabelName } from '../label-names.ts';
import { ADDRESS } from './config.ts';
import type { Labels, TargetGroup } from './discovery.ts';

/** The most targets of one source. */
const MAX_TARGETS = 100_000;

export interface GroupOrigin {
  /** A file or a URL; groups are told apart by their number in it. */
  readonly source: string;
  /** A label that every group of it gets. */
  readonly label: readonly [string, string];
}

/** Fails with an Error that says what is wrong and where. */
export function groupsOfJson(text: string, origin: GroupOrigin): TargetGroup[] {
  // Safe: what is in it is looked at below.
  return groupsOf(JSON.parse(text) as unknown, origin, (value) => (typeof value === 'string' ? value : undefined));
}

/** Numbers and truth values count as their text. Fails with an Error that says what is wrong and where. */
export function groupsOfYaml(text: string, origin: GroupOrigin): TargetGroup[] {
  const { node, errors } = parseYaml(text, origin.source);
  const [first] = errors;
  if (first || !node) throw new Error(first ? first.toString() : 'it holds nothing');
  return groupsOf(toPlain(node), origin, (value) => {
    if (value === null) return '';
    if (typeof value === 'string') return value;
    return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
      ? String(value)
      : undefined;
  });
}

type ToText = (value: unknown) => string | undefined;

function groupsOf(value: unknown, origin: GroupOrigin, text: ToText): TargetGroup[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw new Error('expected a list of target groups');
  const { source, label } = origin;
  let left = MAX_TARGETS;
  return value.map((entry: unknown, index) => {
    const place = `group ${index + 1}`;
    const { targets, labels } = keysOf(entry, place);
    const addresses = targetsOf(targets, place, text);
    left -= addresses.length;
    if (left < 0) throw new Error(`it has more than ${MAX_TARGETS} targets`);
    return { source: `${source}:${index}`, targets: addresses, labels: labelsOf(labels, place, text, label) };
  });
}

function keysOf(entry: unknown, place: string): { targets: unknown; labels: unknown } {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new Error(`${place}: expected a map with targets and labels`);
  }
  for (const key of Object.keys(entry)) {
    if (key !== 'targets' && key !== 'labels') {
      throw new Error(`${place}: the key ${JSON.stringify(key)} is unknown; known are targets and labels`);
    }
  }
  return { targets: 'targets' in entry ? entry.targets : null, labels: 'labels' in entry ? entry.labels : null };
}

function targetsOf(value: unknown, place: string, text: ToText): Labels[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw new Error(`${place}: expected targets to be a list`);
  return value.map((target: unknown) => {
    const address = text(target);
    if (address === undefined) throw new Error(`${place}: expected every target to be text, host:port`);
    return new Map([[ADDRESS, address]]);
  });
}

function labelsOf(value: unknown, place: string, text: ToText, more: readonly [string, string]): Labels {
  const labels = new Map<string, string>();
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [name, entry] of Object.entries(value)) {
      if (!isLabelName(name, 'utf8')) throw new Error(`${place}: ${JSON.stringify(name)} is not a label name`);
      const label = text(entry);
      if (label === undefined) throw new Error(`${place}: expected the label ${name} to be text`);
      labels.set(name, label);
    }
  } else if (value !== null) throw new Error(`${place}: expected labels to be a map`);
  return labels.set(...more);
}
