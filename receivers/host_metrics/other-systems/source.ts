// Where figures come from on systems that are not Linux: Node itself, and the package systeminformation, which starts
// programs. Its calls are bounded in time, and none is made while the one before has not come back.

import type { Systeminformation } from 'systeminformation';
import type { Inventory } from '../inventory.ts';

/** What is called of the package. */
export interface Package {
  mem(): Promise<Systeminformation.MemData>;
  fsSize(): Promise<Systeminformation.FsSizeData[]>;
  fsStats(): Promise<Systeminformation.FsStatsData | null>;
  disksIO(): Promise<Systeminformation.DisksIoData | null>;
  networkStats(interfaces: string): Promise<Systeminformation.NetworkStatsData[]>;
  processes(): Promise<Systeminformation.ProcessesData>;
  cpu(): Promise<Systeminformation.CpuData>;
  osInfo(): Promise<Systeminformation.OsData>;
  system(): Promise<Systeminformation.SystemData>;
  diskLayout(): Promise<Systeminformation.DiskLayoutData[]>;
}

export interface SourceOptions {
  /** Imports the package; it takes a moment and some memory. */
  readonly load: () => Promise<Package>;
  readonly timeoutMs: number;
}

export class OtherSource {
  readonly #options: SourceOptions;
  readonly #pending = new Set<string>();
  readonly #answers = new Map<string, Promise<unknown>>();
  #package: Promise<Package> | undefined;

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  /** What follows is to be asked anew. */
  startScrape(): void {
    this.#answers.clear();
  }

  /** The same answer to all who ask within a scrape. Fails as the package does, or where it takes too long. */
  ask<T>(name: string, call: (from: Package) => Promise<T>): Promise<T> {
    const known = this.#answers.get(name);
    // Safe: a name always goes with the same call.
    if (known) return known as Promise<T>;
    const answer = this.#ask(name, call);
    this.#answers.set(name, answer);
    return answer;
  }

  async #ask<T>(name: string, call: (from: Package) => Promise<T>): Promise<T> {
    if (this.#pending.has(name)) throw new Error('the system has not answered yet');
    this.#pending.add(name);
    this.#package ??= this.#options.load();
    const answer = this.#package.then(call).finally(() => this.#pending.delete(name));
    // Whoever waits below hears of a failure; one that comes late is for nobody.
    answer.catch(() => {});
    const { timeoutMs } = this.#options;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`the system did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      return await Promise.race([answer, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Under names of its own, so that it holds up no scrape. */
export async function otherInventory(source: OtherSource): Promise<Inventory> {
  const cpu = await source.ask('inventory cpu', (from) => from.cpu());
  const memory = await source.ask('inventory mem', (from) => from.mem());
  const system = await source.ask('inventory osInfo', (from) => from.osInfo());
  const machine = await source.ask('inventory system', (from) => from.system());
  const disks = await source.ask('inventory diskLayout', (from) => from.diskLayout());
  return {
    cpu: `${cpu.manufacturer} ${cpu.brand}`.trim() || undefined,
    logicalCpus: cpu.cores,
    cores: cpu.physicalCores || undefined,
    memoryBytes: memory.total || undefined,
    system: `${system.distro} ${system.release}`.trim() || undefined,
    kernel: system.kernel,
    virtualization: machine.virtual ? machine.virtualHost?.toLowerCase() || 'vm' : 'none',
    disks: disks.map(({ device, name, size }) => ({ name: device, model: name || undefined, sizeBytes: size })),
  };
}
