// Who a process is: the resource its metrics belong to. Read when a process is new or has changed its name or parent.

import { readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { AttributeList } from '../../proto/otlp/metric-writer.ts';
import { decodeUtf8 } from '../../proto/otlp/text.ts';
import type { JsValue } from '../../proto/otlp/any-value.ts';
import type { FilteredAttribute } from './attribute-filter.ts';
import type { Problems } from './problems.ts';
import { readOnce } from './proc-file.ts';
import { isGone, type ProcessEntry } from './process-table.ts';
import type { Users } from './users.ts';

/** Keys of a process's resource, and whether they are on by default, as in the collector. */
export const RESOURCE_ATTRIBUTES = {
  'process.cgroup': { enabled: false, description: 'The control group of the process; the older name.' },
  'process.command': { enabled: true, description: 'The command the process was started with.' },
  'process.command_line': { enabled: true, description: 'The command with its arguments, at most 4,096 characters.' },
  'process.executable.name': { enabled: true, description: "The name of the process's program." },
  'process.executable.path': { enabled: true, description: 'The path of its program.' },
  'process.linux.cgroup': { enabled: false, description: 'The control group of the process.' },
  'process.owner': { enabled: true, description: 'The user it belongs to.' },
  'process.parent_pid': { enabled: true, description: 'The number of its parent.' },
  'process.pid': { enabled: true, description: 'The number of the process.' },
} as const;

export type ResourceAttribute = keyof typeof RESOURCE_ATTRIBUTES;

export interface IdentitySettings {
  readonly attributes: Readonly<Record<ResourceAttribute, FilteredAttribute & { readonly enabled: boolean }>>;
  readonly isMuted: Readonly<Record<'exe' | 'user' | 'cgroup', boolean>>;
}

export interface ProcessIdentity {
  readonly name: string;
  readonly attributes: readonly (readonly [key: string, value: JsValue])[];
  readonly resource: AttributeList;
}

const GONE = Symbol('gone');
const MAX_COMMAND_LINE = 4_096;
/** Names of this length may have been cut by the kernel. */
const CUT_LENGTH = 15;

/** Undefined where the process has ended. */
export function identityOf(
  entry: ProcessEntry,
  settings: IdentitySettings,
  users: Users,
  problems: Problems,
): ProcessIdentity | undefined {
  const { folder } = entry;
  const { attributes, isMuted } = settings;
  const command = commandOf(folder, problems);
  if (command === GONE) return undefined;
  const name = nameOf(entry.comm, command);
  const values: [string, JsValue][] = [];
  const put = (key: ResourceAttribute, value: () => JsValue | undefined): void => {
    if (!attributes[key].enabled) return;
    const found = value();
    if (found !== undefined) values.push([key, found]);
  };
  put('process.pid', () => BigInt(entry.pid));
  put('process.parent_pid', () => BigInt(entry.parentPid));
  put('process.executable.name', () => name);
  put('process.executable.path', () => executableOf(entry, isMuted.exe ? undefined : problems));
  put('process.cgroup', () => cgroupOf(folder, isMuted.cgroup ? undefined : problems));
  put('process.linux.cgroup', () => cgroupOf(folder, isMuted.cgroup ? undefined : problems));
  put('process.command', () => command?.[0] ?? '');
  put('process.command_line', () => command?.join(' ').slice(0, MAX_COMMAND_LINE) ?? '');
  put('process.owner', () => ownerOf(folder, users, isMuted.user ? undefined : problems));
  return { name, attributes: values, resource: new AttributeList(values) };
}

function nameOf(comm: string, command: readonly string[] | undefined): string {
  if (comm.length < CUT_LENGTH) return comm;
  const whole = posix.basename(command?.[0] ?? '');
  return whole.startsWith(comm) ? whole : comm;
}

/** The arguments; undefined for a thread of the kernel, which has none. */
function commandOf(folder: string, problems: Problems): readonly string[] | typeof GONE | undefined {
  try {
    const { bytes, length } = readOnce(`${folder}/cmdline`);
    let end = Math.min(length, MAX_COMMAND_LINE * 4);
    while (end > 0 && bytes[end - 1] === 0) end--;
    return end === 0 ? undefined : decodeUtf8(bytes, 0, end).split('\0');
  } catch (error) {
    if (isGone(error)) return GONE;
    problems.noteError('the command of a process', error, 0);
    return undefined;
  }
}

function executableOf(entry: ProcessEntry, problems: Problems | undefined): string {
  try {
    return readlinkSync(`${entry.folder}/exe`);
  } catch (error) {
    if (!entry.isKernelThread) noteUnlessGone(problems, 'the program of a process', error);
    return '';
  }
}

function cgroupOf(folder: string, problems: Problems | undefined): string {
  try {
    const { bytes, length } = readOnce(`${folder}/cgroup`);
    return decodeUtf8(bytes, 0, length).replace(/\n$/, '');
  } catch (error) {
    noteUnlessGone(problems, 'the control group of a process', error);
    return '';
  }
}

function ownerOf(folder: string, users: Users, problems: Problems | undefined): string | undefined {
  try {
    const { bytes, length } = readOnce(`${folder}/status`);
    const uid = /^Uid:\t(\d+)/m.exec(decodeUtf8(bytes, 0, length))?.[1];
    const name = uid === undefined ? undefined : users.nameOf(Number(uid));
    if (name === undefined) problems?.note('the owner of a process', 'the user has no name in /etc/passwd', 0);
    return name;
  } catch (error) {
    noteUnlessGone(problems, 'the owner of a process', error);
    return undefined;
  }
}

/** Processes end at any time: that is no problem. */
export function noteUnlessGone(problems: Problems | undefined, what: string, error: unknown, points = 0): void {
  if (!isGone(error)) problems?.noteError(what, error, points);
}
