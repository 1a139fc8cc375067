// From the configuration of a kind of service discovery to one that runs.

import type { ComponentLogger } from '../../../pipeline/telemetry.ts';
import type { HttpClient } from '../http/client.ts';
import type { HttpSettings } from '../http-settings.ts';
import type { Discovery, DiscoveryConfig } from './discovery.ts';
import { DnsDiscovery } from './dns-discovery.ts';
import { FileDiscovery } from './file-discovery.ts';
import { HttpDiscovery } from './http-discovery.ts';
import { StaticDiscovery } from './static-discovery.ts';

export interface DiscoveryServices {
  readonly log: ComponentLogger;
  /** A client for http_sd, which starts and closes it. */
  readonly httpClient: (settings: HttpSettings) => HttpClient;
}

export function createDiscovery(config: DiscoveryConfig, { log, httpClient }: DiscoveryServices): Discovery {
  switch (config.kind) {
    case 'static':
      return new StaticDiscovery(config);
    case 'file':
      return new FileDiscovery(config, log);
    case 'http':
      return new HttpDiscovery(config, { client: httpClient(config.http), log });
    default:
      return new DnsDiscovery(config, { log });
  }
}
