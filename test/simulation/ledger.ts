// Keeps account of every item of a simulation, and says what is wrong with what happened: the properties that delivery
// promises (pipeline/delivery.ts, pipeline/sending).

import type { Batch, ClientContext } from '../../pipeline/batch.ts';
import { Refused, Rejected } from '../../pipeline/delivery.ts';
import type { Drop } from '../../pipeline/drops.ts';
import { itemsOf } from './items.ts';
import { isExact, type Plan } from './plan.ts';

export interface Submission {
  readonly number: number;
  readonly batch: Batch;
  readonly firstItem: number;
  readonly atMs: number;
  answer: 'open' | 'taken' | Refused | Rejected;
  /** When the destination first saw something of it. */
  firstAttemptMs: number | undefined;
}

export class Violation extends Error {
  override readonly name = 'Violation';
}

/** A request is at most this large once it is merged from several. */
const MERGE_MAX_BYTES = 1 << 20;

export class Ledger {
  readonly submissions: Submission[] = [];
  readonly #plan: Plan;
  /** By item: who submitted it, and how often it was delivered and dropped. */
  readonly #submissionOf: Submission[] = [];
  readonly #delivered: number[] = [];
  readonly #dropped: number[] = [];
  readonly #partialDrops: { readonly items: readonly number[]; readonly count: number; readonly why: string }[] = [];
  deliveredItems = 0;
  /** A part may be taken, and lost later, before the next one is refused: the caller, told to try again, repeats both. */
  readonly #mayBeTakenInParts: boolean;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#mayBeTakenInParts = Number(plan.processor?.['send_batch_max_size'] ?? 0) > 0;
  }

  get nextItem(): number {
    return this.#submissionOf.length;
  }

  submitted(batch: Batch, atMs: number): Submission {
    const number = this.submissions.length;
    const submission: Submission = {
      number,
      batch,
      firstItem: this.nextItem,
      atMs,
      answer: 'open',
      firstAttemptMs: undefined,
    };
    this.submissions.push(submission);
    for (let item = 0; item < batch.items; item += 1) {
      this.#submissionOf.push(submission);
      this.#delivered.push(0);
      this.#dropped.push(0);
    }
    return submission;
  }

  answered(submission: Submission, answer: 'taken' | Error): void {
    if (submission.answer !== 'open') throw new Violation(`batch ${submission.number} was answered twice`);
    if (answer !== 'taken' && !(answer instanceof Refused) && !(answer instanceof Rejected)) {
      throw new Violation(`batch ${submission.number} failed with ${String(answer)}: neither Refused nor Rejected`);
    }
    if (answer !== 'taken') this.#checkReason(answer.message);
    submission.answer = answer;
  }

  /** Neither tried nor given up. */
  isWaiting({ answer, firstAttemptMs, firstItem }: Submission): boolean {
    return firstAttemptMs === undefined && (answer === 'open' || answer === 'taken') && this.#dropped[firstItem] === 0;
  }

  /** Whose data is in a request. */
  submissionsIn(items: readonly number[]): Submission[] {
    const found: Submission[] = [];
    for (const item of items) {
      const one = this.#submissionOf[item];
      if (!one) throw new Violation(`item ${item} was never submitted`);
      if (found.at(-1) !== one) found.push(one);
    }
    return found;
  }

  delivered(items: readonly number[]): void {
    for (const item of items) {
      const before = this.#delivered[item] ?? 0;
      this.#delivered[item] = before + 1;
      if (before === 0) this.deliveredItems += 1;
    }
  }

  isDelivered(item: number): boolean {
    return (this.#delivered[item] ?? 0) > 0;
  }

  drop(drop: Drop, batch: Batch): void {
    this.#checkReason(drop.reason);
    const items = itemsOf(batch);
    if (items.length !== batch.items)
      throw new Violation(`a dropped batch of ${batch.items} has ${items.length} items`);
    if (drop.count > items.length || drop.count <= 0) {
      throw new Violation(`${drop.count} of ${items.length} items were dropped`);
    }
    if (drop.count < items.length) {
      this.#partialDrops.push({ items, count: drop.count, why: drop.rule });
      return;
    }
    for (const item of items) this.#dropped[item] = (this.#dropped[item] ?? 0) + 1;
  }

  /** Only a destination with a bug may fail in a way that nobody meant. */
  #checkReason(reason: string): void {
    if (this.#plan.moods.throwBug === 0 && reason.includes('internal error')) throw new Violation(reason);
  }

  /** What a request may hold, wherever it is seen. `maxItems` 0: no limit. */
  checkRequest(batch: Batch, items: readonly number[], maxItems: number, keys: readonly string[]): void {
    if (items.length !== batch.items) throw new Violation(`a request of ${batch.items} items has ${items.length}`);
    if (new Set(items).size !== items.length) throw new Violation('an item is twice in a request');
    const bytes = batch.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (bytes !== batch.bytes) throw new Violation(`a request of ${batch.bytes} bytes has ${bytes}`);
    const whose = this.submissionsIn(items);
    const isMerged = whose.length > 1;
    if (isMerged && batch.bytes > MERGE_MAX_BYTES) throw new Violation(`a merged request has ${batch.bytes} bytes`);
    if (isMerged && batch.wire) throw new Violation('a merged request claims to be as one client compressed it');
    if (maxItems > 0 && batch.items > maxItems && batch.signal !== 'profiles') {
      throw new Violation(`a request has ${batch.items} items, more than ${maxItems}`);
    }
    for (const one of whose) {
      if (one.batch.signal !== batch.signal) throw new Violation('two signals share a request');
      this.#checkClient(batch.context, one, keys);
    }
  }

  /** What a request says of its client is true of everybody whose data is in it, and the keys that keep apart are there. */
  #checkClient(said: ClientContext, { batch, number }: Submission, keys: readonly string[]): void {
    const own = batch.context.metadata;
    for (const [key, values] of said.metadata) {
      if (values.length === 0 && !own.has(key)) continue;
      if (own.get(key)?.join() !== values.join()) {
        throw new Violation(`${key}=${values.join()} is said of batch ${number}, whose own is ${own.get(key)?.join()}`);
      }
    }
    for (const key of keys) {
      if ((own.get(key) ?? []).join() !== (said.metadata.get(key) ?? []).join()) {
        throw new Violation(`a request with data of batch ${number} lacks its ${key}`);
      }
    }
  }

  /** Once all is over: every batch is answered, and every item delivered, dropped with its reason, or its caller told. */
  checkAll(): void {
    const exact = isExact(this.#plan);
    for (const { items, count, why } of this.#partialDrops) {
      const missing = items.filter((item) => !this.isDelivered(item) && this.#dropped[item] === 0);
      if (exact ? missing.length !== count : missing.length > count) {
        throw new Violation(
          `${count} of items ${items.join()} were dropped (${why}), but ${missing.join()} are missing`,
        );
      }
      for (const item of missing) this.#dropped[item] = 1;
    }
    for (const submission of this.submissions) this.#checkSubmission(submission, exact);
  }

  #checkSubmission({ number, batch, firstItem, answer }: Submission, exact: boolean): void {
    if (answer === 'open') throw new Violation(`batch ${number} was never answered`);
    let missing = 0;
    for (let item = firstItem; item < firstItem + batch.items; item += 1) {
      const delivered = this.#delivered[item] ?? 0;
      const dropped = this.#dropped[item] ?? 0;
      if (delivered === 0 && dropped === 0) missing += 1;
      if (answer === 'taken') {
        if (delivered === 0 && dropped === 0) throw new Violation(`item ${item} of batch ${number} is lost`);
        if (exact && delivered + dropped !== 1) {
          throw new Violation(`item ${item} of batch ${number}: delivered ${delivered}, dropped ${dropped} times`);
        }
        if (dropped > 1) throw new Violation(`item ${item} of batch ${number} was dropped ${dropped} times`);
      } else if (dropped > 0 && !this.#mayBeTakenInParts) {
        throw new Violation(`item ${item} of batch ${number} was dropped although its caller was told`);
      }
    }
    if (answer instanceof Rejected && (exact ? answer.count !== missing : answer.count < missing)) {
      throw new Violation(`batch ${number}: ${answer.count} items were rejected and ${missing} are missing`);
    }
  }
}
