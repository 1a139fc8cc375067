// prom-client's registry alone: its index also loads cluster support and the default metrics, 3 MiB nobody here uses.

declare module 'prom-client/lib/registry.js' {
  import type { Registry } from 'prom-client';
  const registry: typeof Registry;
  export default registry;
}
