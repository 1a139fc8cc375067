// One tenant: asks the ledger, counts what came of it, and says no in the client's words.

import type { ComponentContext } from '../../pipeline/component.ts';
import type { BoundCounter } from '../../pipeline/telemetry.ts';
import type { OverLimit, RequestAccount } from '../../pipeline/transport/middleware.ts';
import type { Limits } from './config.ts';
import type { Ledger, LedgerEntry, LimitName } from './ledger.ts';
import { refusalOf } from './refusal.ts';

const LIMIT_NAMES: readonly LimitName[] = ['requests', 'bytes', 'in_flight', 'share'];
/** A tenant that stays over a limit is in the log this often. */
const LOG_EVERY_MS = 60_000;
const MAX_SHOWN_NAME = 100;

/** What is counted under one label: a tenant of the configuration by its name, all others as one. */
export class TenantMetrics {
  readonly requests: BoundCounter;
  readonly bytes: BoundCounter;
  readonly refused: ReadonlyMap<LimitName, BoundCounter>;
  /** In this thread. */
  inFlightBytes = 0;

  constructor(metrics: ComponentContext['metrics'], tenant: string) {
    const labels = { tenant };
    this.requests = metrics.counter({
      name: 'genesis_tenant_accepted_requests',
      help: 'Requests of a tenant whose body was read.',
      labels,
    });
    this.bytes = metrics.counter({
      name: 'genesis_tenant_accepted_bytes',
      help: 'Bytes of the bodies of a tenant, as they came over the wire.',
      unit: 'By',
      labels,
    });
    const name = 'genesis_tenant_refused_requests';
    const help = 'Requests of a tenant that were over one of its limits.';
    this.refused = new Map(
      LIMIT_NAMES.map((limit) => [limit, metrics.counter({ name, help, labels: { tenant, limit } })]),
    );
    metrics.gauge(
      {
        name: 'genesis_tenant_in_flight_bytes',
        help: 'Bytes of a tenant that are not answered yet, or wait in queues in memory.',
        unit: 'By',
        labels,
      },
      () => this.inFlightBytes,
    );
  }
}

interface AccountOptions {
  /** As the identity says it; undefined for clients without one. */
  readonly name: string | undefined;
  readonly key: number;
  readonly limits: Limits;
  /** Whether its limits stand under `tenants`. */
  readonly isListed: boolean;
  readonly ledger: Ledger;
  readonly metrics: TenantMetrics;
  readonly context: Pick<ComponentContext, 'id' | 'log' | 'steadyNow'>;
}

export class TenantAccount implements RequestAccount, LedgerEntry {
  readonly key: number;
  readonly limits: Limits;
  readonly isListed: boolean;
  row = 0;
  borrowed = 0;
  readonly #options: AccountOptions;
  readonly #ledger: Ledger;
  readonly #metrics: TenantMetrics;
  #loggedAtMs = -Infinity;

  constructor(options: AccountOptions) {
    this.key = options.key;
    this.limits = options.limits;
    this.isListed = options.isListed;
    this.#options = options;
    this.#ledger = options.ledger;
    this.#metrics = options.metrics;
  }

  enter(): RequestAccount | OverLimit {
    const over = this.#ledger.enter(this);
    return over === undefined ? this : this.#refuse(over);
  }

  take(bytes: number, held: number): OverLimit | undefined {
    const over = this.#ledger.take(this, bytes, held);
    if (over !== undefined) return this.#refuse(over);
    const metrics = this.#metrics;
    if (held === 0) metrics.requests.add(1);
    metrics.bytes.add(bytes);
    metrics.inFlightBytes += bytes;
    return undefined;
  }

  hold(bytes: number): void {
    this.#ledger.hold(this, bytes);
    this.#metrics.inFlightBytes += bytes;
  }

  release(bytes: number): void {
    this.#ledger.release(this, bytes);
    this.#metrics.inFlightBytes -= bytes;
  }

  #refuse(limit: LimitName): OverLimit {
    const { name, context } = this.#options;
    const { waitMs, remaining, fairBytes } = this.#ledger;
    this.#metrics.refused.get(limit)?.add(1);
    const tenant = name === undefined ? undefined : printable(name);
    const refusal = refusalOf({
      tenant,
      id: context.id,
      isListed: this.isListed,
      limits: this.limits,
      limit,
      waitMs,
      remaining,
      fairBytes,
    });
    const now = context.steadyNow();
    if (now - this.#loggedAtMs >= LOG_EVERY_MS) {
      this.#loggedAtMs = now;
      context.log.warn(
        { tenant, limit, reason: refusal.message },
        'A tenant is over its limit and is told to try again',
      );
    }
    return refusal;
  }
}

function printable(name: string): string {
  return name.length > MAX_SHOWN_NAME ? `${name.slice(0, MAX_SHOWN_NAME)}…` : name;
}
