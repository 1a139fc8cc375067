// The docker detector: the host's name and system as Docker has them, and the agent's own container, over Docker's socket.

import { Findings, type AttributeSwitches, type Detected, type Detection, type Surroundings } from './detected.ts';
import { jsonObject, metadataText, textOf, type MetadataRequest } from './metadata-service.ts';

export const DOCKER_ATTRIBUTES = {
  'container.image.name': { enabled: false, description: "The image of the agent's container." },
  'container.name': { enabled: false, description: "The name of the agent's container." },
  'host.name': { enabled: true, description: 'The name of the host that Docker runs on.' },
  'os.type': { enabled: true, description: "The kind of that host's system." },
} as const;

/** Fails with NotThere where Docker does not answer, and with an Error where its answer is none. */
export async function detectDocker(
  switches: AttributeSwitches<keyof typeof DOCKER_ATTRIBUTES>,
  { surroundings, signal }: Detection,
): Promise<Detected> {
  const findings = new Findings(switches);
  const { base, request } = dockerAt(surroundings, signal);
  if (findings.isWanted('host.name') || findings.isWanted('os.type')) {
    const info = jsonObject(await metadataText(`${base}/info`, request), "Docker's /info");
    findings.set('host.name', textOf(info['Name']));
    findings.set('os.type', textOf(info['OSType']));
  }
  if (findings.isWanted('container.name') || findings.isWanted('container.image.name')) {
    // Docker gives a container its id as its host name.
    const url = `${base}/containers/${encodeURIComponent(surroundings.hostname)}/json`;
    const container = jsonObject(await metadataText(url, request), "Docker's word of the container");
    findings.set('container.name', textOf(container['Name'])?.replace(/^\//, ''));
    const config = container['Config'];
    if (typeof config === 'object' && config !== null && 'Image' in config) {
      findings.set('container.image.name', textOf(config.Image));
    }
  }
  return findings.all;
}

/** DOCKER_HOST is `unix:///path` or `tcp://host:port`; Docker's TLS (DOCKER_TLS_VERIFY) is not there. */
function dockerAt(
  { env, dockerSocket }: Surroundings,
  signal: AbortSignal,
): { readonly base: string; readonly request: MetadataRequest } {
  const host = env['DOCKER_HOST'] ?? '';
  if (host.startsWith('tcp://')) return { base: host.replace('tcp://', 'http://'), request: { signal } };
  if (host !== '' && !host.startsWith('unix://')) {
    throw new Error(`DOCKER_HOST ${JSON.stringify(host)} begins with neither unix:// nor tcp://`);
  }
  const socketPath = host === '' ? dockerSocket : host.slice('unix://'.length);
  return { base: 'http://docker', request: { signal, socketPath } };
}
