// `dns_sd_configs`: targets from DNS records, asked for at an interval with the system's servers and search domains.
// Semantics of discovery/dns of Prometheus v3.14.

import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import type { ComponentLogger } from '../../../pipeline/telemetry.ts';
import { ADDRESS } from './config.ts';
import type { Discovery, DnsDiscoveryConfig, Labels } from './discovery.ts';
import { Refreshing } from './refreshing.ts';

/** The most records of one name that become targets. */
const MAX_RECORDS = 10_000;
const TIMEOUT_MS = 2_000;
const TRIES = 2;

export interface DnsDiscoveryServices {
  readonly log: ComponentLogger;
  /** `address:port`; those of the system where absent. */
  readonly servers?: readonly string[];
  /** Where the search domains stand. */
  readonly resolvConf?: string;
}

export class DnsDiscovery implements Discovery {
  readonly #config: DnsDiscoveryConfig;
  readonly #refreshing: readonly Refreshing[];
  readonly #resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  readonly #resolvConf: string;
  #onGroups: Parameters<Discovery['start']>[0] = () => undefined;

  constructor(config: DnsDiscoveryConfig, { log, servers, resolvConf = '/etc/resolv.conf' }: DnsDiscoveryServices) {
    this.#config = config;
    this.#resolvConf = resolvConf;
    if (servers) this.#resolver.setServers(servers);
    this.#refreshing = config.names.map(
      (name) =>
        new Refreshing({
          intervalMs: config.refreshIntervalMs,
          look: () => this.#look(name),
          log,
          fields: { discovery: 'dns', name, type: config.type },
        }),
    );
  }

  async start(onGroups: Parameters<Discovery['start']>[0]): Promise<void> {
    this.#onGroups = onGroups;
    for (const refreshing of this.#refreshing) refreshing.start();
  }

  async stop(): Promise<void> {
    for (const refreshing of this.#refreshing) refreshing.stop();
    this.#resolver.cancel();
  }

  async #look(name: string): Promise<void> {
    const targets = await this.#targets(name);
    if (targets.length > MAX_RECORDS) throw new Error(`the name has more than ${MAX_RECORDS} records`);
    if (this.#refreshing[0]?.isStopped === true) return;
    this.#onGroups(name, [{ source: name, targets, labels: new Map() }]);
  }

  /** Of the first of the name's forms that exists; none where all servers say that none does. */
  async #targets(name: string): Promise<Labels[]> {
    let failure: Error | undefined;
    for (const full of fullNames(name, await searchDomains(this.#resolvConf))) {
      try {
        return await this.#ask(full, name);
      } catch (error) {
        const code = codeOf(error);
        // The name exists without such records.
        if (code === 'ENODATA') return [];
        if (code !== 'ENOTFOUND') failure = error instanceof Error ? error : new Error(String(error));
      }
    }
    if (failure === undefined) return [];
    throw new Error(`DNS did not answer: ${failure.message}`, {
      cause: failure,
    });
  }

  async #ask(full: string, name: string): Promise<Labels[]> {
    const { port, type } = this.#config;
    const resolver = this.#resolver;
    switch (type) {
      case 'A':
        return (await resolver.resolve4(full)).map((address) => target(name, address, port));
      case 'AAAA':
        return (await resolver.resolve6(full)).map((address) => target(name, address, port));
      case 'MX':
        return (await resolver.resolveMx(full)).map(({ exchange }) =>
          target(name, exchange, port, { mx_record_target: rooted(exchange) }),
        );
      case 'NS':
        return (await resolver.resolveNs(full)).map((host) =>
          target(name, host, port, { ns_record_target: rooted(host) }),
        );
      default:
        return (await resolver.resolveSrv(full)).map((record) =>
          target(name, record.name, record.port, {
            srv_record_target: rooted(record.name),
            srv_record_port: String(record.port),
          }),
        );
    }
  }
}

function target(name: string, host: string, port: number, more: Readonly<Record<string, string>> = {}): Labels {
  const bare = host.replace(/\.+$/, '');
  const labels = new Map([
    [ADDRESS, `${bare.includes(':') ? `[${bare}]` : bare}:${port}`],
    ['__meta_dns_name', name],
  ]);
  for (const [key, value] of Object.entries(more)) labels.set(`__meta_dns_${key}`, value);
  return labels;
}

/** DNS names end in a dot, which node:dns leaves out. */
function rooted(host: string): string {
  return host.endsWith('.') ? host : `${host}.`;
}

interface Search {
  readonly domains: readonly string[];
  readonly ndots: number;
}

/** The forms of a name to ask for: with enough dots it is tried as it is first. */
export function fullNames(name: string, { domains, ndots }: Search): string[] {
  if (name.endsWith('.')) return [name];
  const searched = domains.map((domain) => `${name}.${domain}`);
  return name.split('.').length > ndots ? [name, ...searched] : [...searched, name];
}

/** None where the file can not be read. */
async function searchDomains(file: string): Promise<Search> {
  const text = await readFile(file, 'utf8').catch(() => '');
  let domains: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [key, ...words] = line.trim().split(/\s+/);
    if (key === 'search') domains = words;
    else if (key === 'domain') domains = words.slice(0, 1);
    else if (key === 'options') {
      const option = words.map((word) => /^ndots:(\d+)$/.exec(word)?.[1]).find((value) => value !== undefined);
      if (option !== undefined) ndots = Math.min(Number(option), 15);
    }
  }
  return { domains, ndots };
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
