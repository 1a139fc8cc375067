// Asks the clauses S1–S11 of a server: one that runs already, or a program in the shape of the collector, started with a
// configuration that forwards everything to a destination of ours and answers as that did.

import { freePorts, startAgent } from '../../support/agent.ts';
import { findingOf, type Clause, type ClauseResult, type CheckResult } from './clause.ts';
import { ScriptedServer } from './scripted-server.ts';
import { ANSWER_CLAUSES } from './server-answers.ts';
import { REQUEST_CLAUSES } from './server-requests.ts';
import { ServerTarget, type ServerCheck } from './server-target.ts';

/** What the specification recommends. */
export const RECOMMENDED_BYTES = 64 << 20;

export const SERVER_CLAUSES: readonly Clause<ServerCheck>[] = [...REQUEST_CLAUSES, ...ANSWER_CLAUSES].toSorted(
  (a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)),
);

export async function askServer(target: ServerTarget): Promise<ClauseResult[]> {
  const results: ClauseResult[] = [];
  for (const { id, duty, checks } of SERVER_CLAUSES) {
    const found: CheckResult[] = [];
    for (const check of checks) found.push(await askCheck(target, check));
    results.push({ id, duty, results: found });
  }
  return results;
}

export async function askCheck(target: ServerTarget, check: ServerCheck): Promise<CheckResult> {
  const reason = target.lacks(check.needs);
  if (reason !== undefined) return { check, reason };
  return { check, finding: await findingOf(() => check.ask(target)) };
}

export interface StartedServer extends AsyncDisposable {
  readonly target: ServerTarget;
}

export interface ServerProgram {
  /** A program that takes `--config FILE`; genesis-agent of this tree unless given. */
  readonly command?: string | undefined;
  /** Sets the limit of one request; without it the program keeps its own, and is asked for the recommended one. */
  readonly limitMib?: number;
}

export async function startServer({ command, limitMib }: ServerProgram): Promise<StartedServer> {
  const destination = new ScriptedServer({ protocol: 'grpc' });
  await destination.start();
  const [grpc = 0, http = 0] = await freePorts(2);
  const pipeline = { receivers: ['otlp'], exporters: ['otlp_grpc'] };
  const program = await startAgent({
    ...(command === undefined ? {} : { command }),
    config: {
      receivers: {
        otlp: {
          protocols: {
            grpc: {
              endpoint: `127.0.0.1:${grpc}`,
              ...(limitMib === undefined ? {} : { max_recv_msg_size_mib: limitMib }),
            },
            http: {
              endpoint: `127.0.0.1:${http}`,
              ...(limitMib === undefined ? {} : { max_request_body_size: limitMib << 20 }),
            },
          },
        },
      },
      exporters: {
        otlp_grpc: {
          endpoint: `127.0.0.1:${destination.port}`,
          tls: { insecure: true },
          compression: 'none',
          timeout: '20s',
          sending_queue: { enabled: false },
          retry_on_failure: { enabled: false },
        },
      },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
      },
    },
  });
  const target = new ServerTarget({
    grpc: `127.0.0.1:${grpc}`,
    http: `http://127.0.0.1:${http}`,
    destination,
    limitBytes: limitMib === undefined ? RECOMMENDED_BYTES : limitMib << 20,
  });
  return {
    target,
    async [Symbol.asyncDispose]() {
      target[Symbol.dispose]();
      await program.stop();
      await destination[Symbol.asyncDispose]();
    },
  };
}
