// The container detector: the id of the container the agent runs in, from where the kernel mentions it.

import { readFileSync } from 'node:fs';
import { Findings, NotThere, type AttributeSwitches, type Detected, type Surroundings } from './detected.ts';

export const CONTAINER_ATTRIBUTES = {
  'container.id': { enabled: true, description: 'The id of the container, as its runtime has it.' },
} as const;

/** Of Docker, containerd, CRI-O and Podman; of Amazon ECS. */
const ID = /^(?:[0-9a-f]{64}|[0-9a-f]{32}-\d+)$/;

/** Files of a container that its runtime keeps outside and mounts inside, in a folder named by its id. */
const MOUNTED_FROM =
  /\/(?:containers|overlay-containers)\/([0-9a-f]{64})\/(?:userdata\/)?(?:hostname|hosts|resolv\.conf|run)/;

/** Fails with NotThere where no id is mentioned. */
export function detectContainer(
  switches: AttributeSwitches<keyof typeof CONTAINER_ATTRIBUTES>,
  { root }: Surroundings,
): Detected {
  const id = idInGroups(textOf(`${root}/proc/self/cgroup`)) ?? idInMounts(textOf(`${root}/proc/self/mountinfo`));
  if (id === undefined) throw new NotThere('neither /proc/self/cgroup nor /proc/self/mountinfo names a container');
  const findings = new Findings(switches);
  findings.set('container.id', id);
  return findings.all;
}

/**
 * From cgroups(7), either version: `5:cpu:/docker/ID`, `0::/system.slice/docker-ID.scope`,
 * `0::/kubepods.slice/…/cri-containerd-ID.scope`. With a namespace of its own there is only `0::/`.
 */
export function idInGroups(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const segment = line.slice(line.lastIndexOf('/') + 1).replace(/\.scope$/, '');
    if (ID.test(segment)) return segment;
    // After the runtime's name: `docker-ID`, `crio-ID`, `…:cri-containerd:ID`.
    const id = /[-:]([0-9a-f]{64})$/.exec(segment)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}

/** From proc_pid_mountinfo(5): the fourth field of what is mounted over /etc/hostname and the like. */
export function idInMounts(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const id = MOUNTED_FROM.exec(line.split(' ')[3] ?? '')?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Empty where the file can not be read. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
