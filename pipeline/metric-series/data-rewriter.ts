// Writes a metric's data anew, with another temporality and with other points, or fewer. What nobody names stays byte for byte.

import { MessageDraft } from '../../proto/otlp/message-draft.ts';
import type { MessageView } from '../../proto/otlp/message-view.ts';
import { METRIC_DATA, type DataPointView, type MetricView } from '../../proto/otlp/metrics.ts';
import { ProtoReader } from '../../proto/wire.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';

/** What becomes of a point: gone, as it is, or what it is changed to. */
export type Decision<Change extends object> = 'drop' | 'keep' | Change;

/** Puts fields of the changed point into the draft; those that it neither sets nor removes stay. */
export type WriteChange<Change extends object> = (draft: MessageDraft, message: MessageView, change: Change) => void;

/** Keep it: its buffers are reused. */
export class DataRewriter<Change extends object> {
  readonly #temporality: number;
  readonly #writeChange: WriteChange<Change>;
  readonly #data = new ProtoReader();
  readonly #point = new ProtoReader();
  readonly #draft = new MessageDraft();
  readonly #out = new ProtoWriter();
  /** Points that are left. */
  kept = 0;

  constructor(temporality: number, writeChange: WriteChange<Change>) {
    this.#temporality = temporality;
    this.#writeChange = writeChange;
  }

  /** The data message as it is to be. `decide` is asked about each point. */
  rewrite(metric: MetricView, decide: (point: DataPointView) => Decision<Change>): Uint8Array {
    const { data, pointView: point } = metric;
    this.#out.clear();
    this.kept = 0;
    this.#data.reset(data.bytes, data.start, data.end);
    while (this.#data.next()) {
      const { field, start, stop, tagAt, pos, bytes } = this.#data;
      if (field === METRIC_DATA.aggregationTemporality) continue;
      if (field !== METRIC_DATA.dataPoints) {
        this.#out.raw(bytes, tagAt, pos);
        continue;
      }
      point.bind(bytes, start, stop);
      const decision = decide(point);
      if (decision === 'drop') continue;
      this.kept += 1;
      if (decision === 'keep') this.#out.raw(bytes, tagAt, pos);
      else this.#write(point, decision);
    }
    this.#out.uint32Field(METRIC_DATA.aggregationTemporality, this.#temporality);
    return this.#out.finish();
  }

  #write({ message }: DataPointView, change: Change): void {
    this.#draft.begin(message, 0);
    this.#writeChange(this.#draft, message, change);
    const mark = this.#out.begin(METRIC_DATA.dataPoints, message.end - message.start);
    this.#point.reset(message.bytes, message.start, message.end);
    while (this.#point.next()) {
      if (!this.#draft.replaces(this.#point.field)) this.#out.raw(message.bytes, this.#point.tagAt, this.#point.pos);
    }
    this.#out.raw(this.#draft.fields.view());
    this.#out.end(mark);
  }
}
