// Offers gRPC requests at a fixed rate, whatever becomes of them, and sorts the answers: h2load waits for answers and
// does not look at gRPC's status.

import http2 from 'node:http2';

const TICK_MS = 10;
/** Requests under way at most; what is due beyond is counted as not offered. */
const UNDER_WAY_MAX = 4000;
const WINDOW_BYTES = 4 << 20;
/** Room for all requests under way: beyond it node:http2 closes streams itself. */
const SESSION_MEMORY_MB = 512;

/** grpc-status values after which OTLP clients try again (OTLP specification, "Failures"). */
const RETRYABLE: ReadonlySet<number> = new Set([1, 4, 10, 11, 14, 15]);
const RESOURCE_EXHAUSTED = 8;

export class OpenLoop {
  readonly #session: http2.ClientHttp2Session;
  readonly #body: Buffer;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #lastTickMs = 0;
  #underWay = 0;
  #perSecond = 0;
  accepted = 0;
  retryable = 0;
  /** Answers that tell a client to drop its data, and connections that broke. */
  final = 0;
  notOffered = 0;
  /** performance.now() of the last answer that was not OK. */
  lastRefusalMs = 0;
  /** What final answers said, a few of them. */
  readonly finalReasons = new Set<string>();

  constructor(port: number, body: Buffer) {
    this.#body = body;
    this.#session = http2.connect(`http://127.0.0.1:${port}`, {
      settings: { initialWindowSize: WINDOW_BYTES },
      maxSessionMemory: SESSION_MEMORY_MB,
    });
    this.#session.on('error', (error) => this.#fail(`connection: ${error.message}`));
  }

  rate(perSecond: number): void {
    this.#perSecond = perSecond;
    this.#lastTickMs = performance.now();
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  /** Stops offering and waits for what is under way. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#underWay > 0 && !this.#session.destroyed) await new Promise((resolve) => setTimeout(resolve, 50));
    this.#session.close();
  }

  #tick(): void {
    const now = performance.now();
    this.#due += ((now - this.#lastTickMs) / 1000) * this.#perSecond;
    this.#lastTickMs = now;
    for (; this.#due >= 1; this.#due--) {
      if (this.#underWay >= UNDER_WAY_MAX) this.notOffered++;
      else this.#send();
    }
  }

  #send(): void {
    if (this.#session.destroyed) return;
    this.#underWay++;
    let status: number | undefined;
    let message = '';
    let hasDetails = false;
    const look = (headers: http2.IncomingHttpHeaders): void => {
      if (headers['grpc-status'] === undefined) return;
      status = Number(headers['grpc-status']);
      message = String(headers['grpc-message'] ?? '');
      hasDetails = headers['grpc-status-details-bin'] !== undefined;
    };
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('response', look);
    stream.on('trailers', look);
    stream.on('error', (error) => {
      message = error.message;
    });
    stream.on('close', () => {
      this.#underWay--;
      if (status === 0) this.accepted++;
      else if (status !== undefined && (RETRYABLE.has(status) || (status === RESOURCE_EXHAUSTED && hasDetails))) {
        this.retryable++;
        this.lastRefusalMs = performance.now();
      } else this.#fail(`grpc-status ${status}: ${message}`);
    });
    stream.resume();
    stream.end(this.#body);
  }

  #fail(reason: string): void {
    this.final++;
    this.lastRefusalMs = performance.now();
    if (this.finalReasons.size < 5) this.finalReasons.add(reason);
  }
}
