// What both protocols do with a request's bytes: check them, make a batch, hand it on, count the outcome.

import type { ClientContext, WireForm } from '../../pipeline/batch.ts';
import type { ComponentContext, Outputs } from '../../pipeline/component.ts';
import { asDeliveryError, Rejected, type Consumer } from '../../pipeline/delivery.ts';
import { SIGNALS, type Signal } from '../../pipeline/signal.ts';
import type { ReceiverCounters } from '../../pipeline/telemetry.ts';
import { resolveReferences } from '../../proto/otlp/profile-references.ts';
import { validate } from '../../proto/otlp/validate.ts';
import { MalformedProto } from '../../proto/wire.ts';
import { IntakeSpans } from './intake-spans.ts';

/** Takes one request of one signal. Fails with Refused or Rejected. */
export class Intake {
  readonly signal: Signal;
  readonly #next: Consumer;
  readonly #counters: ReceiverCounters;
  readonly #spans: IntakeSpans | undefined;

  constructor(signal: Signal, next: Consumer, counters: ReceiverCounters, spans?: IntakeSpans) {
    this.signal = signal;
    this.#next = next;
    this.#counters = counters;
    this.#spans = spans;
  }

  async take(body: Uint8Array, client: ClientContext, wire: WireForm | undefined): Promise<void> {
    const { signal } = this;
    let items: number;
    let bytes = body;
    try {
      items = validate(signal, body);
      if (signal === 'profiles') bytes = resolveReferences(body);
    } catch (error) {
      if (!(error instanceof MalformedProto)) throw error;
      throw new Rejected(`the body is not an OTLP ${signal} request: ${error.message}`, { count: 0, cause: error });
    }
    // An empty request succeeds and is nobody's business further on.
    if (items === 0) return;
    const span = this.#spans?.start(client);
    const context = span ? { ...client, span } : client;
    const batch = { signal, chunks: [bytes], items, bytes: bytes.length, context };
    try {
      await this.#next.consume(wire && bytes === body ? { ...batch, wire } : batch);
    } catch (error) {
      const failure = asDeliveryError(error, items);
      if (failure instanceof Rejected) {
        this.#counters.failed.add(failure.count);
        const accepted = Math.max(0, items - failure.count);
        this.#counters.accepted.add(accepted);
        if (span) this.#spans?.end(span, { accepted, refused: 0, failed: failure.count }, failure);
        if (failure.count < items) throw new PartlyRejected(failure, failure.count);
      } else {
        this.#counters.refused.add(items);
        if (span) this.#spans?.end(span, { accepted: 0, refused: items, failed: 0 }, failure);
      }
      throw failure;
    }
    this.#counters.accepted.add(items);
    if (span) this.#spans?.end(span, { accepted: items, refused: 0, failed: 0 });
  }
}

/** Some items were taken, `count` were not and never will be. */
export class PartlyRejected extends Error {
  override readonly name = 'PartlyRejected';
  readonly count: number;

  constructor(cause: Rejected, count: number) {
    super(cause.message, { cause });
    this.count = count;
  }
}

/** An intake for each signal that some pipeline takes from this receiver. */
export function intakesFor(
  context: ComponentContext,
  outputs: Outputs,
  transport: string,
): ReadonlyMap<Signal, Intake> {
  const intakes = new Map<Signal, Intake>();
  for (const signal of SIGNALS) {
    const next = outputs[signal];
    if (!next) continue;
    const { spans, id } = context;
    const intakeSpans = spans && new IntakeSpans(spans, { id, signal, transport });
    intakes.set(signal, new Intake(signal, next, context.metrics.receiver(signal, transport), intakeSpans));
  }
  return intakes;
}
