// The inventory of a Linux host, from /proc, /sys and /etc directly: without a child process.

import { readdir, readFile } from 'node:fs/promises';
import os from 'node:os';
import type { Disk, Inventory } from './inventory.ts';

/** Devices that are no disks of their own. */
const NO_DISK = /^(?:loop|ram|zram|dm-|md|sr|fd|nbd)/;
/** The kernel counts in sectors of this size, whatever the device has. */
const SECTOR_BYTES = 512;
const MOST_DEVICES = 256;

/** What firmware calls the machines of hypervisors: vendor or product, and the hypervisor's name. */
const HYPERVISORS: readonly (readonly [RegExp, string])[] = [
  [/KVM|QEMU/i, 'kvm'],
  [/VMware/i, 'vmware'],
  [/VirtualBox|innotek/i, 'virtualbox'],
  [/Xen/i, 'xen'],
  [/Microsoft Corporation.*Virtual/i, 'hyperv'],
  [/Amazon EC2/i, 'kvm'],
  [/Google/i, 'kvm'],
  [/Parallels/i, 'parallels'],
  [/BHYVE/i, 'bhyve'],
];

/** `root` comes before paths, without a slash at its end. What can not be read is left out; fails when the signal aborts. */
export async function linuxInventory(root: string, signal: AbortSignal): Promise<Inventory> {
  const text = (path: string): Promise<string> => contentOf(`${root}${path}`, signal);
  const cpuInfo = await text('/proc/cpuinfo');
  const memory = /^MemTotal:\s+(\d+) kB/m.exec(await text('/proc/meminfo'))?.[1];
  const disks = await disksOf(root, signal);
  const release = await text('/etc/os-release');
  const inventory = {
    cpu: valueOf(cpuInfo, 'model name') ?? valueOf(cpuInfo, 'Model') ?? valueOf(cpuInfo, 'cpu model'),
    logicalCpus: cpuInfo.match(/^processor\s*:/gm)?.length ?? os.availableParallelism(),
    cores: coresOf(cpuInfo),
    memoryBytes: memory === undefined ? undefined : Number(memory) * 1_024,
    system: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1],
    kernel: (await text('/proc/sys/kernel/osrelease')).trim() || os.release(),
    virtualization: await virtualizationOf(text, cpuInfo),
    disks,
  };
  // Reading that was cut short reads as nothing.
  signal.throwIfAborted();
  return inventory;
}

/** Empty where it can not be read. */
async function contentOf(path: string, signal: AbortSignal): Promise<string> {
  try {
    return await readFile(path, { encoding: 'utf8', signal });
  } catch {
    return '';
  }
}

function valueOf(cpuInfo: string, key: string): string | undefined {
  return new RegExp(`^${key}\\s*: (.+)$`, 'm').exec(cpuInfo)?.[1]?.trim();
}

/** Distinct pairs of package and core; undefined on processors that do not number them. */
function coresOf(cpuInfo: string): number | undefined {
  const cores = new Set<string>();
  for (const block of cpuInfo.split('\n\n')) {
    const core = valueOf(block, 'core id');
    if (core !== undefined) cores.add(`${valueOf(block, 'physical id') ?? ''} ${core}`);
  }
  return cores.size > 0 ? cores.size : undefined;
}

async function virtualizationOf(text: (path: string) => Promise<string>, cpuInfo: string): Promise<string> {
  const kind = (await text('/sys/hypervisor/type')).trim();
  if (kind !== '') return kind;
  const vendor = (await text('/sys/class/dmi/id/sys_vendor')).trim();
  const firmware = `${vendor} ${(await text('/sys/class/dmi/id/product_name')).trim()}`;
  const isGuest = /^flags\s*:.*\bhypervisor\b/m.test(cpuInfo);
  const named = HYPERVISORS.find(([pattern]) => pattern.test(firmware))?.[1];
  // Microsoft, Google and Amazon have machines of metal as well; only guests have the flag, where there are flags at all.
  if (named !== undefined && (isGuest || !/^flags\s*:/m.test(cpuInfo))) return named;
  return isGuest ? 'vm' : 'none';
}

async function disksOf(root: string, signal: AbortSignal): Promise<readonly Disk[]> {
  const folder = `${root}/sys/block`;
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch {
    return [];
  }
  const disks: Disk[] = [];
  for (const name of names.filter((one) => !NO_DISK.test(one)).slice(0, MOST_DEVICES)) {
    const sectors = Number(await contentOf(`${folder}/${name}/size`, signal));
    // An empty drive has none.
    if (!(sectors > 0)) continue;
    const model = (await contentOf(`${folder}/${name}/device/model`, signal)).trim();
    disks.push({ name, model: model || undefined, sizeBytes: sectors * SECTOR_BYTES });
  }
  return disks;
}
