// What tests of the prometheus receiver share: a running receiver with everything it has said, and targets whose page can be
// changed.

import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Receiver } from '../../../pipeline/component.ts';
import declaration from '../../../receivers/prometheus/index.ts';
import { Collector, testContext, type TestContext } from '../../support/context.ts';
import { flatPoints, type FlatPoint } from '../../support/flat-metrics.ts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Running extends AsyncDisposable {
  readonly receiver: Receiver;
  readonly test: TestContext;
  readonly sink: Collector;
  readonly log: LogLine[];
  /** All points so far of one metric, oldest first. */
  points(name: string): FlatPoint[];
  /** Waits until it holds, at most 10 s. */
  until(what: () => boolean): Promise<void>;
}

/** Starts a receiver at once; `section` is `config` as in YAML, `own` the receiver's other keys. */
export async function running(
  section: object,
  own: object = {},
  options: { readonly admittedBytes?: number } = {},
): Promise<Running> {
  const test = testContext({ kind: 'receiver', id: 'prometheus', realTime: true, ...options });
  const log: LogLine[] = [];
  const say =
    (level: string) =>
    (fields: object, message: string): void => {
      log.push({ level, message, fields: { ...fields } });
    };
  const context = {
    ...test.context,
    steadyNow: () => performance.now(),
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
  };
  const sink = new Collector();
  const receiver = declaration.create(declaration.config.parse({ config: section, ...own }), context, {
    metrics: sink,
  });
  await receiver.start();
  const decoded: FlatPoint[] = [];
  let read = 0;
  return {
    receiver,
    test,
    sink,
    log,
    points(name) {
      for (; read < sink.batches.length; read++) {
        for (const chunk of sink.batches[read]?.chunks ?? []) decoded.push(...flatPoints(chunk));
      }
      return decoded.filter((point) => point.name === name);
    },
    async until(what) {
      for (let turn = 0; turn < 1_000; turn++) {
        if (what()) return;
        await sleep(10);
      }
      throw new Error(`waited 10 s for ${what.toString()}; the log says ${JSON.stringify(log)}`);
    },
    [Symbol.asyncDispose]: () => receiver.stop(AbortSignal.timeout(1_000)),
  };
}

export interface Target extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly address: string;
  scrapes: number;
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

/** A target that shows a page in the text format, until `answer` is set to something else. */
export async function target(page: string | (() => string)): Promise<Target> {
  const server = http.createServer((request, response) => {
    made.scrapes++;
    made.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const made: Target = {
    address: `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    scrapes: 0,
    answer: (_request, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(typeof page === 'string' ? page : page());
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return made;
}

/** A job of static targets, every 250 ms: a busy machine has to answer in that time. */
export function job(targets: readonly string[], more: object = {}): object {
  return {
    scrape_configs: [
      { job_name: 'test', scrape_interval: '250ms', scrape_timeout: '250ms', static_configs: [{ targets }], ...more },
    ],
  };
}
