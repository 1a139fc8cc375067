// The k8s detector: what the downward API hands a pod, in environment variables or in files of a mounted volume.

import { readFileSync, statSync } from 'node:fs';
import { Findings, NotThere, type AttributeSwitches, type Detected, type Surroundings } from './detected.ts';

export const KUBERNETES_ATTRIBUTES = {
  'k8s.cluster.name': { enabled: true, description: 'K8S_CLUSTER_NAME, which someone has to write there.' },
  'k8s.container.name': { enabled: true, description: 'The name of the container in its pod.' },
  'k8s.namespace.name': { enabled: true, description: 'metadata.namespace' },
  'k8s.node.name': { enabled: true, description: 'spec.nodeName' },
  'k8s.pod.ip': { enabled: false, description: 'status.podIP' },
  'k8s.pod.name': { enabled: true, description: 'metadata.name' },
  'k8s.pod.uid': { enabled: true, description: 'metadata.uid' },
} as const;

type KubernetesAttribute = keyof typeof KUBERNETES_ATTRIBUTES;

/** Variables under which manifests, charts and the operator of OpenTelemetry hand them over, the first that is set. */
const VARIABLES: Readonly<Record<KubernetesAttribute, readonly string[]>> = {
  'k8s.cluster.name': ['K8S_CLUSTER_NAME'],
  'k8s.container.name': ['K8S_CONTAINER_NAME', 'OTEL_RESOURCE_ATTRIBUTES_CONTAINER_NAME'],
  'k8s.namespace.name': [
    'K8S_NAMESPACE_NAME',
    'K8S_NAMESPACE',
    'K8S_POD_NAMESPACE',
    'MY_POD_NAMESPACE',
    'POD_NAMESPACE',
  ],
  'k8s.node.name': [
    'K8S_NODE_NAME',
    'KUBE_NODE_NAME',
    'MY_NODE_NAME',
    'NODE_NAME',
    'OTEL_RESOURCE_ATTRIBUTES_NODE_NAME',
  ],
  'k8s.pod.ip': ['K8S_POD_IP', 'MY_POD_IP', 'POD_IP'],
  'k8s.pod.name': ['K8S_POD_NAME', 'MY_POD_NAME', 'POD_NAME', 'OTEL_RESOURCE_ATTRIBUTES_POD_NAME'],
  'k8s.pod.uid': ['K8S_POD_UID', 'MY_POD_UID', 'POD_UID', 'OTEL_RESOURCE_ATTRIBUTES_POD_UID'],
};

/** Names of a downward volume's files. */
const FILES: Partial<Readonly<Record<KubernetesAttribute, string>>> = {
  'k8s.namespace.name': 'namespace',
  'k8s.pod.name': 'name',
  'k8s.pod.uid': 'uid',
};

/** Every pod has it, unless its service account's token is not mounted. */
const ACCOUNT_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** A name takes 253 characters. */
const MOST_BYTES = 4_096;

export interface KubernetesSettings {
  /** Where the downward volume is mounted. */
  readonly directory: string;
  readonly resource_attributes: AttributeSwitches<KubernetesAttribute>;
}

/** Fails with NotThere outside a cluster. */
export function detectKubernetes(settings: KubernetesSettings, { env, root }: Surroundings): Detected {
  const findings = new Findings(settings.resource_attributes);
  // Safe: the keys are exactly the attributes.
  for (const attribute of Object.keys(KUBERNETES_ATTRIBUTES) as KubernetesAttribute[]) {
    const variable = VARIABLES[attribute].find((name) => (env[name] ?? '') !== '');
    const file = FILES[attribute];
    let value = variable === undefined ? undefined : env[variable];
    if (value === undefined && file !== undefined) value = contentOf(`${root}${settings.directory}/${file}`);
    if (value === undefined && attribute === 'k8s.namespace.name') value = contentOf(`${root}${ACCOUNT_NAMESPACE}`);
    findings.set(attribute, value);
  }
  if (findings.all.size === 0 && env['KUBERNETES_SERVICE_HOST'] === undefined) {
    throw new NotThere('no variable and no file of a pod is here');
  }
  return findings.all;
}

/** Undefined where it can not be read, or is too large for a name. */
function contentOf(file: string): string | undefined {
  try {
    return statSync(file).size > MOST_BYTES ? undefined : readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
