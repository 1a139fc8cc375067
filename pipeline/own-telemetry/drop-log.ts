// Every dropped item passes here: a counter, a rate-limited log line, and recent records with sampled trace ids, from which
// "why is this span missing?" is answered. Losses and intended drops have a ring each, so that a busy filter can not
// push the losses out.

import type { Batch } from '../batch.ts';
import { type Drop, type DropLog, type DropRecord, SAMPLED_IDS } from '../drops.ts';
import type { ComponentLogger } from '../telemetry.ts';
import type { CounterSeries, MetricStore } from './metric-store.ts';
import { Ring } from './ring.ts';

/** Records kept of losses and of intended drops, each; with full samples that is about 7 MiB of ids. */
const RECENT_DROPS = 1_000;
const LOG_INTERVAL_MS = 10_000;
/**
 * New records per rule and second; further drops are added to the newest record without their ids. A filter at
 * 100,000 batches per second so costs an addition per batch, and a loss still keeps about a thousand ids a second.
 */
const RECORDS_PER_SECOND = { intentional: 1, loss: 16 };
/** Rules come from configurations and code, so there are few; the rest of an excess shares one. */
const MAX_RULES = 2_000;

/** A drop record that is still added to. */
interface OpenRecord extends DropRecord {
  count: number;
  readonly traceIds: string[];
}

interface Rule {
  readonly component: string;
  readonly counter: CounterSeries;
  newest: OpenRecord | undefined;
  secondStartUnixMs: number;
  recordsThisSecond: number;
  /** Items since the last log line, and when it was written. */
  unlogged: number;
  loggedUnixMs: number;
  last: Drop;
}

export interface RecentDropsOptions {
  readonly store: MetricStore;
  readonly log: ComponentLogger;
  readonly now: () => number;
  /** Hex trace ids of a batch, at most `max`; nothing for signals without. */
  readonly sampleTraceIds: (batch: Batch, max: number) => readonly string[];
}

export class RecentDrops implements DropLog {
  readonly #options: RecentDropsOptions;
  /** By component, rule, and signal with intent. */
  readonly #rules = new Map<string, Map<string, Map<string, Rule>>>();
  readonly #losses = new Ring<OpenRecord>(RECENT_DROPS);
  readonly #intended = new Ring<OpenRecord>(RECENT_DROPS);
  #ruleCount = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RecentDropsOptions) {
    this.#options = options;
  }

  record(drop: Drop, dropped: Batch | readonly string[]): void {
    if (drop.count <= 0) return;
    const now = this.#options.now();
    const rule = this.#rule(drop, now);
    rule.counter.add(drop.count);
    rule.last = drop;
    this.#remember(rule, drop, dropped, now);
    rule.unlogged += drop.count;
    if (now - rule.loggedUnixMs >= LOG_INTERVAL_MS) this.#write(rule, now);
    else this.#timer ??= setTimeout(() => this.#flush(), LOG_INTERVAL_MS).unref();
  }

  /** Newest first; with a trace id (hex), the records whose sample holds it. */
  recent(traceId?: string): readonly DropRecord[] {
    const wanted = traceId?.toLowerCase();
    return [...this.#losses.newestFirst(), ...this.#intended.newestFirst()]
      .filter((record) => wanted === undefined || record.traceIds.includes(wanted))
      .toSorted((a, b) => b.timeUnixMs - a.timeUnixMs)
      .map((record) => ({ ...record, traceIds: [...record.traceIds] }));
  }

  /** The component (`processor:filter/health`) is gone for good: so are its series. Its records stay. */
  forget(component: string): void {
    const rules = this.#rules.get(component);
    if (!rules) return;
    for (const variants of rules.values()) {
      for (const rule of variants.values()) {
        if (rule.unlogged > 0) this.#write(rule, this.#options.now());
        this.#options.store.release(rule);
        this.#ruleCount -= 1;
      }
    }
    this.#rules.delete(component);
  }

  /** Writes the log lines that were held back. */
  close(): void {
    this.#flush();
  }

  #rule(drop: Drop, now: number): Rule {
    const variant = `${drop.signal} ${drop.intentional ? 'intentional' : 'loss'}`;
    const known = this.#rules.get(drop.component)?.get(drop.rule)?.get(variant);
    if (known) return known;
    if (this.#ruleCount >= MAX_RULES && drop.rule !== 'other') return this.#rule({ ...drop, rule: 'other' }, now);
    const owner = {};
    const counter = this.#options.store.counter(
      owner,
      {
        name: 'genesis_dropped_items',
        help: 'Items that left a pipeline without reaching a destination.',
        unit: '{item}',
      },
      { component: drop.component, rule: drop.rule, signal: drop.signal, intentional: String(drop.intentional) },
    );
    const rule: Rule = Object.assign(owner, {
      component: drop.component,
      counter,
      newest: undefined,
      secondStartUnixMs: now,
      recordsThisSecond: 0,
      unlogged: 0,
      loggedUnixMs: Number.NEGATIVE_INFINITY,
      last: drop,
    });
    const ofComponent = getOrMake(this.#rules, drop.component);
    getOrMake(ofComponent, drop.rule).set(variant, rule);
    this.#ruleCount += 1;
    return rule;
  }

  #remember(rule: Rule, drop: Drop, dropped: Batch | readonly string[], now: number): void {
    if (now - rule.secondStartUnixMs >= 1_000 || now < rule.secondStartUnixMs) {
      rule.secondStartUnixMs = now;
      rule.recordsThisSecond = 0;
      rule.newest = undefined;
    }
    const { newest } = rule;
    const limit = drop.intentional ? RECORDS_PER_SECOND.intentional : RECORDS_PER_SECOND.loss;
    const isFull = newest !== undefined && newest.traceIds.length >= SAMPLED_IDS;
    // Small drops for one reason share a record, and fill its sample.
    if (newest && newest.reason === drop.reason && !isFull) {
      newest.count += drop.count;
      this.#sample(newest.traceIds, dropped);
      return;
    }
    if (newest && rule.recordsThisSecond >= limit) {
      newest.count += drop.count;
      return;
    }
    const record: OpenRecord = { ...drop, timeUnixMs: now, traceIds: [] };
    this.#sample(record.traceIds, dropped);
    rule.newest = record;
    rule.recordsThisSecond += 1;
    (drop.intentional ? this.#intended : this.#losses).push(record);
  }

  #sample(into: string[], dropped: Batch | readonly string[]): void {
    const room = SAMPLED_IDS - into.length;
    if (room <= 0) return;
    const ids = 'chunks' in dropped ? this.#options.sampleTraceIds(dropped, room) : dropped;
    for (const id of ids) {
      if (into.length >= SAMPLED_IDS) return;
      if (!into.includes(id)) into.push(id);
    }
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = this.#options.now();
    for (const rules of this.#rules.values()) {
      for (const variants of rules.values()) {
        for (const rule of variants.values()) if (rule.unlogged > 0) this.#write(rule, now);
      }
    }
  }

  #write(rule: Rule, now: number): void {
    const { component, rule: name, reason, signal, intentional } = rule.last;
    const fields = { component, rule: name, reason, signal, items: rule.unlogged };
    rule.unlogged = 0;
    rule.loggedUnixMs = now;
    if (intentional) this.#options.log.debug(fields, 'Items dropped as configured.');
    else this.#options.log.warn(fields, 'Items lost.');
  }
}

function getOrMake<V>(map: Map<string, Map<string, V>>, key: string): Map<string, V> {
  let inner = map.get(key);
  if (!inner) {
    inner = new Map();
    map.set(key, inner);
  }
  return inner;
}
