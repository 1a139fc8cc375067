// What Prometheus refuses in `kubernetes_sd_configs` without asking Kubernetes.

import { httpShape } from '../http-settings.ts';
import { oneOf, type Keys, type Problem } from './unbuilt-checks.ts';

/** The selectors that each role takes. */
const SELECTORS: Readonly<Record<string, readonly string[]>> = {
  pod: ['pod', 'node'],
  service: ['service'],
  endpointslice: ['pod', 'service', 'endpointslice'],
  endpoints: ['pod', 'service', 'endpoints'],
  node: ['node'],
  ingress: ['ingress'],
};

export function checkKubernetes(keys: Keys): Problem | undefined {
  return (
    oneOf(keys, 'role', Object.keys(SELECTORS)) ??
    addressProblem(keys) ??
    namespaceProblem(keys) ??
    selectorProblem(keys)
  );
}

function isGiven(keys: Keys, key: string): boolean {
  const value = keys[key];
  return value !== undefined && value !== null && value !== '';
}

function addressProblem(keys: Keys): Problem | undefined {
  const hasServer = isGiven(keys, 'api_server');
  const hasFile = isGiven(keys, 'kubeconfig_file');
  if (hasServer && hasFile) return { key: 'kubeconfig_file', message: 'give either kubeconfig_file or api_server' };
  const http = Object.keys(keys).find((key) => key in httpShape);
  if (http === undefined) return undefined;
  if (hasFile) return { key: http, message: `${http} does not go with kubeconfig_file, which says how to connect` };
  return hasServer ? undefined : { key: http, message: `${http} needs api_server` };
}

function namespaceProblem(keys: Keys): Problem | undefined {
  const namespaces = keys['namespaces'];
  if (namespaces === undefined || namespaces === null) return undefined;
  if (typeof namespaces !== 'object') return { key: 'namespaces', message: 'expected a map' };
  const unknown = Object.keys(namespaces).find((key) => key !== 'own_namespace' && key !== 'names');
  if (unknown !== undefined) return { key: 'namespaces', message: `the key "${unknown}" is unknown here` };
  const isOwn = 'own_namespace' in namespaces && namespaces.own_namespace === true;
  const other = ['api_server', 'kubeconfig_file'].find((key) => isGiven(keys, key));
  if (!isOwn || other === undefined) return undefined;
  return { key: 'namespaces', message: `own_namespace does not go with ${other}` };
}

function selectorProblem(keys: Keys): Problem | undefined {
  const selectors: readonly unknown[] = Array.isArray(keys['selectors']) ? keys['selectors'] : [];
  const allowed = SELECTORS[String(keys['role'])] ?? [];
  const seen = new Set<string>();
  for (const selector of selectors) {
    const problem = oneSelectorProblem(selector, allowed, seen, String(keys['role']));
    if (problem !== undefined) return { key: 'selectors', message: problem };
  }
  return undefined;
}

function oneSelectorProblem(
  selector: unknown,
  allowed: readonly string[],
  seen: Set<string>,
  own: string,
): string | undefined {
  if (typeof selector !== 'object' || selector === null) return 'a selector is empty';
  const role = 'role' in selector ? String(selector.role) : '';
  if (seen.has(role)) return `there are two selectors for the role ${role}`;
  seen.add(role);
  if (!allowed.includes(role))
    return `the role ${own} takes selectors for ${allowed.join(', ')} only, found ${role || 'none'}`;
  if ('field' in selector && !isFieldSelector(String(selector.field))) {
    return `${JSON.stringify(selector.field)} is not a field selector; expected key=value, key==value or key!=value`;
  }
  return undefined;
}

function isFieldSelector(text: string): boolean {
  return text.split(',').every((term) => term === '' || /!?=/.test(term));
}
