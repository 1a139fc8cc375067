// `static_configs`: the targets that stand in the configuration.

import type { Discovery, StaticDiscoveryConfig } from './discovery.ts';

export class StaticDiscovery implements Discovery {
  readonly #config: StaticDiscoveryConfig;

  constructor(config: StaticDiscoveryConfig) {
    this.#config = config;
  }

  async start(onGroups: Parameters<Discovery['start']>[0]): Promise<void> {
    onGroups('static', this.#config.groups);
  }

  async stop(): Promise<void> {
    // Nothing is open.
  }
}
