// The system detector: what the machine says of itself, as the collector finds it out, without starting a program.

import { readFileSync } from 'node:fs';
import { promises as dns } from 'node:dns';
import os from 'node:os';
import type { HostnameSource, SystemAttribute, SystemSettings } from './config.ts';
import type { Detected } from './detected.ts';

export interface SystemDetection {
  readonly settings: SystemSettings;
  readonly timeoutMs: number;
  /** Told which attribute could not be found out, and why. */
  readonly onFailure: (attribute: string, reason: string) => void;
}

/** Fails with an Error where no source knows the host's name. */
export async function detectSystem(detection: SystemDetection): Promise<Detected> {
  const { settings, onFailure } = detection;
  const detected: Detected = new Map();
  const name = await hostName(detection);
  const find: Readonly<Record<SystemAttribute, () => string | number | string[] | undefined>> = {
    'host.arch': hostArch,
    'host.cpu.cache.l2.size': () => cpuNumber('cache size'),
    'host.cpu.family': () => cpuInfo('cpu family'),
    'host.cpu.model.id': () => cpuInfo('model'),
    'host.cpu.model.name': () => cpuInfo('model name') ?? os.cpus()[0]?.model,
    'host.cpu.stepping': () => cpuInfo('stepping'),
    'host.cpu.vendor.id': () => cpuInfo('vendor_id'),
    'host.id': machineId,
    'host.interface': () => Object.keys(os.networkInterfaces()),
    'host.ip': () => addresses().map(({ address }) => address),
    'host.mac': () => [...new Set(addresses().map(({ mac }) => mac.toUpperCase().replaceAll(':', '-')))],
    'host.name': () => name,
    'os.build.id': () => osRelease('BUILD_ID') ?? os.release(),
    'os.description': osDescription,
    'os.name': () => osRelease('ID') ?? os.platform(),
    'os.type': osType,
    'os.version': osVersion,
  };
  // Safe: the keys are exactly the attributes.
  for (const attribute of Object.keys(find) as SystemAttribute[]) {
    if (!settings.resource_attributes[attribute].enabled) continue;
    try {
      const value = find[attribute]();
      if (value === undefined) onFailure(attribute, 'the system does not say');
      else detected.set(attribute, value);
    } catch (error) {
      onFailure(attribute, error instanceof Error ? error.message : String(error));
    }
  }
  return detected;
}

async function hostName({ settings, timeoutMs }: SystemDetection): Promise<string> {
  const resolver = new dns.Resolver({ timeout: timeoutMs, tries: 1 });
  const reasons: string[] = [];
  for (const source of settings.hostname_sources) {
    try {
      return await hostNameFrom(source, resolver);
    } catch (error) {
      reasons.push(`${source}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`no source knows the host's name (${reasons.join('; ')})`);
}

async function hostNameFrom(source: HostnameSource, resolver: dns.Resolver): Promise<string> {
  const name = os.hostname();
  switch (source) {
    case 'os':
      return name;
    case 'dns':
      return canonicalInHosts(readFileSync('/etc/hosts', 'utf8'), name) ?? (await canonicalName(name, resolver));
    case 'cname':
      return canonicalInHosts(readFileSync('/etc/hosts', 'utf8'), name) ?? (await canonicalName(name, resolver));
    default: {
      const { address } = await dns.lookup(name);
      const [first] = await resolver.reverse(address);
      if (first === undefined) throw new Error(`${address} has no name`);
      return first.replace(/\.$/, '');
    }
  }
}

/** The first name in the line of /etc/hosts that has this one (hosts(5)). */
export function canonicalInHosts(text: string, name: string): string | undefined {
  for (const line of text.split('\n')) {
    const [, ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    if (names.includes(name)) return names[0];
  }
  return undefined;
}

async function canonicalName(name: string, resolver: dns.Resolver): Promise<string> {
  try {
    const [canonical] = await resolver.resolveCname(name);
    if (canonical !== undefined) return canonical.replace(/\.$/, '');
  } catch {
    // Most names have none of their own: then the name itself is the canonical one, if it is known at all.
  }
  await resolver.resolve4(name);
  return name;
}

/** In the words of the semantic conventions. */
function hostArch(): string {
  const words: Readonly<Record<string, string>> = { x64: 'amd64', ia32: 'x86', arm: 'arm32', ppc64: 'ppc64' };
  return words[process.arch] ?? process.arch;
}

function osType(): string {
  return process.platform === 'win32' ? 'windows' : process.platform;
}

/** Empty where there is none, as on systems that are not Linux. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function cpuInfo(key: string): string | undefined {
  for (const line of textOf('/proc/cpuinfo').split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && line.slice(0, colon).trim() === key) return line.slice(colon + 1).trim();
  }
  return undefined;
}

/** `1024 KB` as 1024. */
function cpuNumber(key: string): number | undefined {
  const number = Number.parseInt(cpuInfo(key) ?? '', 10);
  return Number.isNaN(number) ? undefined : number;
}

function machineId(): string | undefined {
  for (const file of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    try {
      const id = readFileSync(file, 'utf8').trim();
      if (id !== '') return id;
    } catch {
      // The other one, then.
    }
  }
  return undefined;
}

/** Of interfaces that are not loopback; those that are down have no addresses. */
function addresses(): readonly os.NetworkInterfaceInfo[] {
  return Object.values(os.networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal }) => !internal);
}

function osRelease(key: string): string | undefined {
  for (const line of textOf('/etc/os-release').split('\n')) {
    if (line.startsWith(`${key}=`)) return line.slice(key.length + 1).replaceAll(/^["']|["']$/g, '');
  }
  return undefined;
}

/** Debian says more exactly elsewhere. */
function osVersion(): string | undefined {
  if (osRelease('ID') === 'debian') {
    try {
      return readFileSync('/etc/debian_version', 'utf8').trim();
    } catch {
      // As for any other.
    }
  }
  return osRelease('VERSION_ID');
}

/** `Debian GNU/Linux 12 (bookworm) (Linux host 6.1.0 #1 SMP … x86_64)`, as OpenTelemetry's SDK for Go has it. */
function osDescription(): string {
  const kernel = [os.type(), os.hostname(), os.release(), os.version(), os.machine()].join(' ');
  const [name, version] = [osRelease('NAME'), osRelease('VERSION')];
  const distribution = name === undefined ? undefined : [name, version].filter((part) => part !== undefined).join(' ');
  return distribution === undefined ? kernel : `${distribution} (${kernel})`;
}
