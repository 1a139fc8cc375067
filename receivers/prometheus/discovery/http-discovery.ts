// `http_sd_configs`: target groups as JSON from a URL. Semantics of discovery/http of Prometheus v3.14; an answer that is
// too large or is not what was asked for leaves the targets as they are.

import { hash } from 'node:crypto';
import { withoutPasswords } from '../../../pipeline/passwords-in-urls.ts';
import type { ComponentLogger } from '../../../pipeline/telemetry.ts';
import type { HttpClient } from '../http/client.ts';
import type { Discovery, HttpDiscoveryConfig } from './discovery.ts';
import { Refreshing } from './refreshing.ts';
import { groupsOfJson } from './target-groups.ts';

const MAX_BYTES = 32 << 20;
const JSON_TYPE = /^application\/json(?:;\s*charset=(?:"utf-8"|utf-8))?$/i;

export interface HttpDiscoveryServices {
  readonly client: HttpClient;
  readonly log: ComponentLogger;
}

export class HttpDiscovery implements Discovery {
  readonly #config: HttpDiscoveryConfig;
  readonly #client: HttpClient;
  readonly #refreshing: Refreshing;
  #onGroups: Parameters<Discovery['start']>[0] = () => undefined;
  /** Of the last answer that could be used. */
  #lastHash = '';

  constructor(config: HttpDiscoveryConfig, { client, log }: HttpDiscoveryServices) {
    this.#config = config;
    this.#client = client;
    this.#refreshing = new Refreshing({
      intervalMs: config.refreshIntervalMs,
      look: () => this.#look(),
      log,
      fields: { discovery: 'http', url: withoutPasswords(config.url) },
    });
  }

  async start(onGroups: Parameters<Discovery['start']>[0]): Promise<void> {
    this.#onGroups = onGroups;
    await this.#client.start();
    this.#refreshing.start();
  }

  async refresh(): Promise<void> {
    await this.#client.refresh();
  }

  async stop(): Promise<void> {
    this.#refreshing.stop();
    this.#client.close();
  }

  async #look(): Promise<void> {
    const { url, refreshIntervalMs } = this.#config;
    const answer = await this.#client.get(new URL(url), {
      headers: {
        accept: 'application/json',
        'accept-encoding': 'gzip',
        'x-prometheus-refresh-interval-seconds': String(refreshIntervalMs / 1_000),
      },
      timeoutMs: refreshIntervalMs,
      limitBytes: MAX_BYTES,
    });
    try {
      if (answer.status !== 200) throw new Error(`the server answered ${answer.statusText}; expected 200`);
      if (!JSON_TYPE.test(answer.contentType.trim())) {
        throw new Error(
          `the server answered with the content type ${JSON.stringify(answer.contentType)}; expected application/json`,
        );
      }
      this.#take(Buffer.from(answer.body).toString());
    } finally {
      answer.release();
    }
  }

  #take(text: string): void {
    const digest = hash('sha256', text);
    if (digest === this.#lastHash) return;
    const { url } = this.#config;
    const groups = groupsOfJson(text, { source: url, label: ['__meta_url', url] });
    this.#lastHash = digest;
    if (!this.#refreshing.isStopped) this.#onGroups(url, groups);
  }
}
