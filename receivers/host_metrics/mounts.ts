// The table of mounts: /proc/1/mountinfo, or the agent's own where that can not be read (proc_pid_mountinfo(5)), read as the
// collector reads it.

import { readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { decodeUtf8, equalBytes } from '../../proto/otlp/text.ts';
import { ProcFile, readOnce, type Content } from './proc-file.ts';

export interface Mount {
  readonly device: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly mode: 'rw' | 'ro' | 'unknown';
}

/** More are not looked at. */
const MAX_MOUNTS = 4_096;

export class MountTable {
  readonly #root: string;
  readonly #withVirtual: boolean;
  readonly #files: readonly ProcFile[];
  #lastContent = new Uint8Array(0);
  #mounts: readonly Mount[] = [];

  /** `withVirtual`: also those of filesystems without a device, such as tmpfs. */
  constructor(root: string, withVirtual: boolean) {
    this.#root = root;
    this.#withVirtual = withVirtual;
    this.#files = ['1', 'self'].map((id) => new ProcFile(`${root}/proc/${id}/mountinfo`));
  }

  /** The same array while nothing is mounted or unmounted. Fails where neither file can be read. */
  read(): readonly Mount[] {
    const { bytes, length } = this.#content();
    if (this.#mounts.length > 0 && equalBytes(bytes, 0, length, this.#lastContent)) return this.#mounts;
    this.#lastContent = bytes.slice(0, length);
    const text = decodeUtf8(this.#lastContent, 0, length);
    this.#mounts = this.#parse(text);
    return this.#mounts;
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  #content(): Content {
    let failure: unknown;
    for (const file of this.#files) {
      try {
        return file.read();
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }

  #parse(text: string): readonly Mount[] {
    const types = this.#withVirtual ? undefined : this.#typesWithDevice();
    const devices = new Map<string, string>();
    const mounts = new Map<string, Mount>();
    for (const line of text.split('\n')) {
      const mount = this.#parseLine(line, types, devices);
      if (!mount || mounts.size >= MAX_MOUNTS) continue;
      const key = `${mount.mountPoint}\0${mount.device}`;
      if (!mounts.has(key)) mounts.set(key, mount);
    }
    return [...mounts.values()];
  }

  /** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`; `devices` by number, as found so far. */
  #parseLine(line: string, types: ReadonlySet<string> | undefined, devices: Map<string, string>): Mount | undefined {
    const separator = line.indexOf(' - ');
    if (separator < 0) return undefined;
    const [, , number = '', rootFolder = '', mountPoint, options = ''] = line.slice(0, separator).split(' ');
    const [type = '', source = '', superOptions = ''] = line.slice(separator + 3).split(' ');
    if (mountPoint === undefined || source === '' || (types && !types.has(type))) return undefined;
    const named = source.startsWith('/') || rootFolder === '/' ? source : rootFolder;
    const device = devices.get(number) ?? named;
    if (!devices.has(number)) devices.set(number, device);
    // A part of a filesystem that is mounted a second time is the same filesystem; a subvolume is not.
    const isSubvolume = superOptions.split(',').includes(`subvol=${rootFolder}`);
    const isBind = source.startsWith('/') && rootFolder !== '/' && !isSubvolume;
    if (isBind && !this.#withVirtual) return undefined;
    return {
      device: this.#realDevice(device, number),
      mountPoint: unescape(mountPoint),
      type,
      mode: modeOf(options, superOptions),
    };
  }

  #realDevice(device: string, number: string): string {
    try {
      if (device.startsWith('/dev/mapper/')) return realpathSync(`${this.#root}${device}`).slice(this.#root.length);
      if (device === '/dev/root') return `/dev/${path.basename(readlinkSync(`${this.#root}/sys/dev/block/${number}`))}`;
    } catch {
      // The name the kernel gives is the best there is.
    }
    return device;
  }

  /** `nodev	tmpfs` has none; `	ext4` has one, and so has zfs, which brings its own. */
  #typesWithDevice(): ReadonlySet<string> {
    const { bytes, length } = readOnce(`${this.#root}/proc/filesystems`);
    const types = new Set<string>();
    for (const line of decodeUtf8(bytes, 0, length).split('\n')) {
      const [flag, type = ''] = line.split('\t');
      if (type !== '' && (flag !== 'nodev' || type === 'zfs')) types.add(type);
    }
    return types;
  }
}

/** A mount is writable only where the mount itself and the filesystem are. */
function modeOf(options: string, superOptions: string): Mount['mode'] {
  const both = new Set([...options.split(','), ...superOptions.split(',')]);
  if (both.has('ro')) return 'ro';
  return both.has('rw') ? 'rw' : 'unknown';
}

/** The kernel writes blanks, tabs, newlines and backslashes as `\040` and the like. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
}
