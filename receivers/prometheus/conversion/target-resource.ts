// A target as OpenTelemetry's resource (the collector's prometheusreceiver v0.161, internal/prom_to_otlp.go).

import { isIP } from 'node:net';
import type { Labels } from '../discovery/discovery.ts';

const OF_KUBERNETES: ReadonlyMap<string, string> = new Map([
  ['__meta_kubernetes_pod_name', 'k8s.pod.name'],
  ['__meta_kubernetes_pod_uid', 'k8s.pod.uid'],
  ['__meta_kubernetes_pod_container_name', 'k8s.container.name'],
  ['__meta_kubernetes_namespace', 'k8s.namespace.name'],
  ['__meta_kubernetes_pod_node_name', 'k8s.node.name'],
  ['__meta_kubernetes_node_name', 'k8s.node.name'],
  ['__meta_kubernetes_endpoint_node_name', 'k8s.node.name'],
]);

const OF_CONTROLLER: ReadonlyMap<string, string> = new Map([
  ['ReplicaSet', 'k8s.replicaset.name'],
  ['DaemonSet', 'k8s.daemonset.name'],
  ['StatefulSet', 'k8s.statefulset.name'],
  ['Job', 'k8s.job.name'],
  ['CronJob', 'k8s.cronjob.name'],
]);

/** The attributes of the resource; `discovered` are the labels before relabelling. */
export function targetResource(job: string, instance: string, discovered: Labels): Map<string, string> {
  const { host, port } = splitHostPort(instance);
  const attributes = new Map([['service.name', job]]);
  if (isDiscernible(host)) attributes.set('server.address', host);
  attributes.set('service.instance.id', instance);
  attributes.set('server.port', port);
  attributes.set('url.scheme', discovered.get('__scheme__') ?? '');
  for (const [label, attribute] of OF_KUBERNETES) {
    const value = discovered.get(label) ?? '';
    if (value !== '') attributes.set(attribute, value);
  }
  const controller = OF_CONTROLLER.get(discovered.get('__meta_kubernetes_pod_controller_kind') ?? '');
  const name = discovered.get('__meta_kubernetes_pod_controller_name') ?? '';
  if (controller !== undefined && name !== '') attributes.set(controller, name);
  return attributes;
}

/** Go's net.SplitHostPort; all of it is the host where it has no port. */
function splitHostPort(address: string): { readonly host: string; readonly port: string } {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(address);
  if (!match) return { host: address, port: '' };
  return { host: match[1] ?? match[2] ?? '', port: match[3] ?? '' };
}

/** An address of the machine itself says nothing elsewhere. */
function isDiscernible(host: string): boolean {
  const address = host.replace(/%.*$/, '').toLowerCase();
  switch (isIP(address)) {
    case 4:
      return !address.startsWith('127.') && address !== '0.0.0.0';
    case 6:
      return !/^(?:0{0,4}:){2,7}(?:0{0,3}[01])?$/.test(address) && !address.startsWith('::ffff:127.');
    default:
      return host !== 'localhost';
  }
}
