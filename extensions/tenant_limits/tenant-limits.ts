// Finds out which tenant a request is of, by what authentication knows, and has it counted there.

import { createHash } from 'node:crypto';
import type { Extension, ExtensionContext } from '../../pipeline/component.ts';
import type { OverLimit, RequestAccount, ServerMiddleware } from '../../pipeline/transport/middleware.ts';
import { TenantAccount, TenantMetrics } from './account.ts';
import { limitsOf, type TenantLimitsConfig } from './config.ts';
import { Ledger } from './ledger.ts';

type Known = ReadonlyMap<string, unknown> | undefined;

/** The label of all tenants that the configuration does not name: what strangers make up is no label. */
const OTHERS = '(others)';

export class TenantLimits implements Extension, ServerMiddleware {
  readonly #config: TenantLimitsConfig;
  readonly #context: ExtensionContext;
  readonly #ledger: Ledger;
  readonly #listed: ReadonlyMap<string, TenantAccount>;
  /** Others, seen lately in this thread; the ledger knows what they used. */
  readonly #seen = new Map<string, TenantAccount>();
  readonly #others: TenantMetrics;
  readonly #common: TenantAccount;

  constructor(config: TenantLimitsConfig, context: ExtensionContext) {
    this.#config = config;
    this.#context = context;
    const table = context.sharedMemory(Ledger.bytesFor(config.max_tenants));
    this.#ledger = new Ledger(table, context.admission, context.steadyNow);
    this.#others = new TenantMetrics(context.metrics, OTHERS);
    this.#common = this.#make(undefined);
    this.#listed = new Map(Object.keys(config.tenants).map((name) => [name, this.#make(name)]));
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#seen.clear();
    return Promise.resolve();
  }

  enter(auth: Known, certificate: Known): RequestAccount | OverLimit {
    const name = this.#nameOf(auth, certificate);
    if (name === undefined) return this.#common.enter();
    return (this.#listed.get(name) ?? this.#seen.get(name) ?? this.#open(name)).enter();
  }

  #nameOf(auth: Known, certificate: Known): string | undefined {
    for (const attribute of this.#config.identity) {
      const value = auth?.get(attribute) ?? certificate?.get(attribute);
      const first: unknown = Array.isArray(value) ? value[0] : value;
      if (typeof first === 'string' && first !== '') return first;
      if (typeof first === 'number') return String(first);
    }
    return undefined;
  }

  /** The one opened first makes room: what it used stays in the ledger as long as it matters. */
  #open(name: string): TenantAccount {
    if (this.#seen.size >= this.#config.max_tenants) {
      const [oldest = name] = this.#seen.keys();
      this.#seen.delete(oldest);
    }
    const account = this.#make(name);
    this.#seen.set(name, account);
    return account;
  }

  #make(name: string | undefined): TenantAccount {
    const { default: fallback, tenants } = this.#config;
    const own = name !== undefined && Object.hasOwn(tenants, name) ? tenants[name] : undefined;
    const isListed = own !== undefined && name !== undefined;
    const { metrics } = this.#context;
    return new TenantAccount({
      name,
      key: name === undefined ? 0 : keyOf(name),
      limits: own ? limitsOf(own, fallback) : limitsOf(fallback),
      isListed,
      ledger: this.#ledger,
      metrics: isListed ? new TenantMetrics(metrics, name) : this.#others,
      context: this.#context,
    });
  }
}

/** A number that stands for a name, the same in all threads: 52 bits of its SHA-256, never 0. */
function keyOf(name: string): number {
  const hash = createHash('sha256').update(name).digest();
  return hash.readUIntBE(0, 6) * 16 + ((hash[6] ?? 0) & 15) || 1;
}
