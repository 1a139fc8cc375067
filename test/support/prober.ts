// Somebody else who asks an agent all the while, from a thread of its own: what the load costs the process of the test must
// not look like the agent's slowness.

import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpRequest } from './http-request.ts';

export interface Question {
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface Answers {
  readonly count: number;
  readonly p99Ms: number;
  /** Statuses other than 200. */
  readonly refused: readonly number[];
}

interface Setup {
  readonly prober: true;
  readonly questions: readonly Question[];
  readonly everyMs: number;
}

/** Asks each question every so often until `stop`, which gives the answers in the questions' order. */
export class Prober {
  readonly #worker: Worker;

  constructor(questions: readonly Question[], everyMs: number) {
    const setup: Setup = { prober: true, questions, everyMs };
    this.#worker = new Worker(new URL(import.meta.url), { workerData: setup });
  }

  async stop(): Promise<readonly Answers[]> {
    const answers = new Promise<readonly Answers[]>((resolve, reject) => {
      this.#worker.once('message', resolve);
      this.#worker.once('error', reject);
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for browser windows.
    this.#worker.postMessage('stop');
    const result = await answers;
    await this.#worker.terminate();
    return result;
  }
}

/** The p99 of the first question's answers over `forMs`: what this machine, as busy as it is, makes of an idle agent. */
export async function quietP99Ms(question: Question, everyMs: number, forMs: number): Promise<number> {
  const prober = new Prober([question], everyMs);
  await sleep(forMs);
  const [answers] = await prober.stop();
  return answers?.p99Ms ?? Number.POSITIVE_INFINITY;
}

async function ask({ url, ...rest }: Question, everyMs: number, stop: AbortSignal): Promise<Answers> {
  const latenciesMs: number[] = [];
  const refused: number[] = [];
  while (!stop.aborted) {
    const startMs = performance.now();
    const status = await httpRequest(url, { headers: {}, ...rest }).then(
      (answer) => answer.status,
      () => 0,
    );
    latenciesMs.push(performance.now() - startMs);
    if (status !== 200) refused.push(status);
    await sleep(everyMs);
  }
  latenciesMs.sort((a, b) => a - b);
  const p99Ms = latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  return { count: latenciesMs.length, p99Ms, refused };
}

if (!isMainThread && typeof workerData === 'object' && workerData !== null && 'prober' in workerData) {
  // Given by the constructor above.
  const { questions, everyMs } = workerData as Setup;
  const stop = new AbortController();
  parentPort?.once('message', () => stop.abort());
  const asking = questions.map((question) => ask(question, everyMs, stop.signal));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for browser windows.
  void Promise.all(asking).then((answers) => parentPort?.postMessage(answers));
}
