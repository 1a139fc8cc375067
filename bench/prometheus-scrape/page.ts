// A page of a service as Prometheus' client libraries write it: counters, gauges and histograms of which every value changes
// from scrape to scrape, at the cost of writing some digits over others.

/** Digits of a value, so that a page keeps its length. */
const DIGITS = 8;
const FIRST = 10 ** (DIGITS - 1);

export class ChangingPage {
  readonly bytes: Buffer;
  readonly series: number;
  /** Where values stand, and how fast each grows. */
  readonly #at: Int32Array;
  readonly #step: Int32Array;

  constructor(series: number) {
    const lines: string[] = [];
    const slots: number[] = [];
    const steps: number[] = [];
    let length = 0;
    const line = (text: string): void => {
      lines.push(text);
      length += text.length + 1;
    };
    const value = (text: string, step: number): void => {
      slots.push(length + text.length + 1);
      steps.push(step);
      line(`${text} ${FIRST}`);
    };
    for (let family = 0; slots.length < series * 0.5; family++) {
      const name = `service_requests_${family}_total`;
      line(`# HELP ${name} Requests of the kind ${family} that were served, by method and status.`);
      line(`# TYPE ${name} counter`);
      for (let one = 0; one < 50 && slots.length < series * 0.5; one++) {
        const labels = `method="${['GET', 'PUT', 'POST'][one % 3]}",handler="/api/v1/things/${one}",code="${200 + (one % 5)}"`;
        value(`${name}{${labels}}`, 1 + one);
      }
    }
    for (let family = 0; slots.length < series * 0.7; family++) {
      const name = `service_queue_${family}_length`;
      line(`# HELP ${name} What waits in the queues of the kind ${family}.`);
      line(`# TYPE ${name} gauge`);
      for (let one = 0; one < 20 && slots.length < series * 0.7; one++) {
        value(`${name}{queue="orders-${one}",zone="eu-central-1${'abc'[one % 3]}"}`, 7);
      }
    }
    const bounds = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '+Inf'];
    const name = 'service_request_duration_seconds';
    line(`# HELP ${name} How long requests took.`);
    line(`# TYPE ${name} histogram`);
    for (let one = 0; slots.length + bounds.length + 2 <= series; one++) {
      const labels = `handler="/api/v1/things/${one}"`;
      // The same value in all buckets, so that they stay cumulative.
      for (const bound of bounds) value(`${name}_bucket{${labels},le="${bound}"}`, 3);
      value(`${name}_sum{${labels}}`, 2);
      value(`${name}_count{${labels}}`, 3);
    }
    while (slots.length < series) value(`service_other{one="${slots.length}"}`, 1);
    this.bytes = Buffer.from(`${lines.join('\n')}\n`);
    this.series = slots.length;
    this.#at = Int32Array.from(slots);
    this.#step = Int32Array.from(steps);
  }

  /** Writes the values of a moment into the bytes. */
  write(tick: number): void {
    for (let slot = 0; slot < this.#at.length; slot++) {
      let value = FIRST + ((tick * (this.#step[slot] ?? 1)) % (9 * FIRST));
      const start = this.#at[slot] ?? 0;
      for (let digit = DIGITS - 1; digit >= 0; digit--) {
        this.bytes[start + digit] = 48 + (value % 10);
        value = Math.floor(value / 10);
      }
    }
  }
}
