// What every kind of service discovery gives: groups of targets by source, again whenever a source has changed.

import type { HttpSettings } from '../http-settings.ts';

export type Labels = ReadonlyMap<string, string>;

/** Targets that share labels. A target's labels win over those of its group; `__address__` is where it is. */
export interface TargetGroup {
  /** Names the group among all of a job's. */
  readonly source: string;
  readonly targets: readonly Labels[];
  readonly labels: Labels;
}

export interface Discovery {
  /**
   * Looks once, then again as configured. `onGroups` is told all groups of a source (a file, a URL, a DNS name) whenever
   * they may have changed; an empty list means that the source is gone. Never fails for a source that can not be read:
   * that is logged, and what was known stays.
   */
  start(onGroups: (source: string, groups: readonly TargetGroup[]) => void): Promise<void>;
  /** Reads certificates again, where there are any. */
  refresh?(): Promise<void>;
  /** Ends looking; `onGroups` is not called any more once this resolves. */
  stop(): Promise<void>;
}

export interface StaticDiscoveryConfig {
  readonly kind: 'static';
  readonly groups: readonly TargetGroup[];
}

export interface FileDiscoveryConfig {
  readonly kind: 'file';
  readonly files: readonly string[];
  readonly refreshIntervalMs: number;
}

export interface HttpDiscoveryConfig {
  readonly kind: 'http';
  readonly url: string;
  readonly refreshIntervalMs: number;
  readonly http: HttpSettings;
}

export interface DnsDiscoveryConfig {
  readonly kind: 'dns';
  readonly names: readonly string[];
  readonly type: 'A' | 'AAAA' | 'SRV' | 'MX' | 'NS';
  readonly port: number;
  readonly refreshIntervalMs: number;
}

export type DiscoveryConfig = StaticDiscoveryConfig | FileDiscoveryConfig | HttpDiscoveryConfig | DnsDiscoveryConfig;
