// What the host is, said once in the log when the receiver has started: CPU, memory, system, virtualisation, disks.

export interface Disk {
  readonly name: string;
  readonly model: string | undefined;
  readonly sizeBytes: number;
}

export interface Inventory {
  readonly cpu: string | undefined;
  readonly logicalCpus: number;
  /** Cores; undefined where the system does not tell. */
  readonly cores: number | undefined;
  readonly memoryBytes: number | undefined;
  /** The distribution or edition, such as `Debian GNU/Linux 12 (bookworm)`. */
  readonly system: string | undefined;
  readonly kernel: string;
  /** The hypervisor, `vm` where there is one without a name, `none` where there is none. */
  readonly virtualization: string;
  readonly disks: readonly Disk[];
}

/** Disks that are said. */
const MOST_DISKS = 32;

/** As fields of a log line, without what is not known. */
export function inventoryFields(inventory: Inventory): Readonly<Record<string, unknown>> {
  const { cpu, logicalCpus, cores, memoryBytes, system, kernel, virtualization, disks } = inventory;
  return {
    ...(cpu !== undefined && { cpu }),
    logical_cpus: logicalCpus,
    ...(cores !== undefined && { cores }),
    ...(memoryBytes !== undefined && { memory_mib: Math.round(memoryBytes / 2 ** 20) }),
    ...(system !== undefined && { system }),
    kernel,
    virtualization,
    disks: disks
      .slice(0, MOST_DISKS)
      .map(({ name, model, sizeBytes }) =>
        [name, model, `${(sizeBytes / 2 ** 30).toFixed(1)} GiB`].filter(Boolean).join(' '),
      ),
  };
}
