// A client under test between what feeds it and the servers it sends to: a program in the shape of the collector, with one
// receiver for all checks that look at one batch, one for each check that sends for itself, and an exporter for every server.

import { freePorts, startAgent, type Program } from '../../support/agent.ts';
import { GrpcTestClient } from '../../support/grpc-client.ts';
import { httpRequest } from '../../support/http-request.ts';
import { tracesRequest } from '../../support/requests.ts';
import { findingOf, type Check, type CheckResult, type Clause, type ClauseResult, type Finding } from './clause.ts';
import { ScriptedServer, type Protocol, type ScriptedOptions } from './scripted-server.ts';

/** Short, so that what is to be tried again is soon; not random, so that the least time between attempts is known. */
export const RETRY = {
  enabled: true,
  initial_interval: '40ms',
  multiplier: 2,
  randomization_factor: 0,
  max_interval: '160ms',
  max_elapsed_time: '60s',
};

/** A server that a check needs, and what the exporter that sends to it is told besides its address. */
export interface Stand {
  readonly protocol: Protocol;
  readonly reply?: ScriptedOptions['reply'];
  readonly tls?: ScriptedOptions['tls'];
  /** It listens only once the check lets it. */
  readonly isDown?: boolean;
  readonly settings?: object;
}

export interface ClientCheck extends Check {
  readonly stands: Readonly<Record<string, Stand>>;
  /** The check sends for itself; otherwise its stands get the one batch of spans that all get. */
  readonly sendsItself?: boolean;
  /** Runs while the client does, beside the other checks. */
  readonly look: (bench: ClientBench) => Promise<Finding>;
  /** Runs right before the client is told to stop; `look` then runs after it has. */
  readonly beforeStop?: (bench: ClientBench) => Promise<unknown>;
  /** Why it can not be looked at on this machine. */
  readonly unless?: string | undefined;
}

/** Items in the batch that all stands get. */
export const ITEMS = 5;
const RECEIVED_MIB = 80;

/** What a check sees: its own servers, and a way to feed them. */
export class ClientBench {
  readonly #servers: Readonly<Record<string, ScriptedServer>>;
  readonly #feed: GrpcTestClient;
  readonly #metricsPort: number;
  readonly #names: Readonly<Record<string, string>>;

  constructor(
    servers: Readonly<Record<string, ScriptedServer>>,
    names: Readonly<Record<string, string>>,
    at: { readonly feedPort: number; readonly metricsPort: number },
  ) {
    this.#servers = servers;
    this.#names = names;
    this.#feed = new GrpcTestClient(at.feedPort);
    this.#metricsPort = at.metricsPort;
  }

  server(name: string): ScriptedServer {
    const server = this.#servers[name];
    if (!server) throw new Error(`the check has no server ${name}`);
    return server;
  }

  /** Hands spans to the client under test; whether it answers is not waited for unless the caller does. */
  send(body: Uint8Array): Promise<unknown> {
    return this.#feed.call({ body, deadlineMs: 20_000 });
  }

  /** Spans the client says it failed to send to the server, from its own metrics. */
  async failedSpans(name: string): Promise<number> {
    const { body } = await httpRequest(`http://127.0.0.1:${this.#metricsPort}/metrics`, { method: 'GET' });
    const exporter = `exporter="${this.#names[name]}"`;
    return body
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('otelcol_exporter_send_failed_spans') && line.includes(exporter))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  close(): void {
    this.#feed[Symbol.dispose]();
  }
}

interface Placed {
  readonly check: ClientCheck;
  readonly servers: Record<string, ScriptedServer>;
  /** Exporters by the stand's name. */
  readonly names: Record<string, string>;
  readonly feedPort: number;
}

/** Starts the client once, runs every check of the clauses against it, and stops it. */
export async function askClient(
  clauses: readonly Clause<ClientCheck>[],
  command: string | undefined,
): Promise<ClauseResult[]> {
  const checks = clauses.flatMap((clause) => clause.checks).filter(({ unless }) => unless === undefined);
  const ownFeeds = checks.filter(({ sendsItself }) => sendsItself);
  const [metricsPort = 0, sharedPort = 0, ...ownPorts] = await freePorts(ownFeeds.length + 2);
  const placed: Placed[] = [];
  const config = emptyConfig(metricsPort);
  for (const check of checks) {
    const own = ownFeeds.indexOf(check);
    const feedPort = ownPorts[own] ?? sharedPort;
    placed.push(await place(config, check, feedPort, placed.length));
  }
  const program = await startAgent({ ...(command === undefined ? {} : { command }), config });
  try {
    return await results(clauses, placed, program, { sharedPort, metricsPort });
  } finally {
    await program.stop();
    for (const { servers } of placed) {
      for (const server of Object.values(servers)) await server[Symbol.asyncDispose]();
    }
  }
}

async function results(
  clauses: readonly Clause<ClientCheck>[],
  placed: readonly Placed[],
  program: Program,
  ports: { readonly sharedPort: number; readonly metricsPort: number },
): Promise<ClauseResult[]> {
  const { metricsPort } = ports;
  const benches = placed.map(
    ({ servers, names, feedPort }) => new ClientBench(servers, names, { feedPort, metricsPort }),
  );
  const shared = new GrpcTestClient(ports.sharedPort);
  // Not waited for: with some of the destinations it does not end.
  void shared.call({ body: tracesRequest(ITEMS), deadlineMs: 20_000 });
  const findings = new Map<Check, Finding>();
  const look = async (isAtStop: boolean): Promise<void> => {
    await Promise.all(
      placed.map(async ({ check }, index) => {
        const bench = benches[index];
        if (!bench || (check.beforeStop !== undefined) !== isAtStop) return;
        findings.set(check, await findingOf(() => check.look(bench)));
      }),
    );
  };
  await look(false);
  for (const { check, servers } of placed) {
    if (!check.beforeStop) for (const server of Object.values(servers)) await server.release();
  }
  for (const [index, { check }] of placed.entries()) {
    const bench = benches[index];
    if (bench) await check.beforeStop?.(bench);
  }
  await program.stop();
  await look(true);
  for (const bench of benches) bench.close();
  shared[Symbol.dispose]();
  return clauses.map(({ id, duty, checks }) => ({
    id,
    duty,
    results: checks.map((check): CheckResult => {
      const finding = findings.get(check);
      return finding ? { check, finding } : { check, reason: check.unless ?? 'not looked at' };
    }),
  }));
}

interface Configuration {
  readonly receivers: Record<string, object>;
  readonly exporters: Record<string, object>;
  readonly service: {
    readonly telemetry: object;
    readonly pipelines: Record<string, { receivers: string[]; exporters: string[] }>;
  };
}

function emptyConfig(metricsPort: number): Configuration {
  const prometheus = { host: '127.0.0.1', port: metricsPort };
  return {
    receivers: {},
    exporters: {},
    service: {
      telemetry: { metrics: { level: 'basic', readers: [{ pull: { exporter: { prometheus } } }] } },
      pipelines: {},
    },
  };
}

/** Starts the servers of a check and adds their exporters, receiver and pipeline to the configuration. */
async function place(config: Configuration, check: ClientCheck, feedPort: number, number: number): Promise<Placed> {
  const servers: Record<string, ScriptedServer> = {};
  const names: Record<string, string> = {};
  const receiver = check.sendsItself ? `otlp/${number}` : 'otlp/shared';
  config.receivers[receiver] ??= {
    protocols: { grpc: { endpoint: `127.0.0.1:${feedPort}`, max_recv_msg_size_mib: RECEIVED_MIB } },
  };
  const pipeline = (config.service.pipelines[receiver.replace('otlp', 'traces')] ??= {
    receivers: [receiver],
    exporters: [],
  });
  for (const [name, stand] of Object.entries(check.stands)) {
    const [port = 0] = stand.isDown ? await freePorts(1) : [];
    const { protocol, reply, tls } = stand;
    const server = new ScriptedServer({ protocol, port, ...(reply ? { reply } : {}), ...(tls ? { tls } : {}) });
    if (!stand.isDown) await server.start();
    servers[name] = server;
    const exporter = `otlp_${protocol}/${number}_${name}`;
    names[name] = exporter;
    config.exporters[exporter] = {
      ...(protocol === 'grpc'
        ? { endpoint: `127.0.0.1:${stand.isDown ? port : server.port}`, tls: { insecure: true } }
        : {
            endpoint: `${tls ? 'https' : 'http'}://127.0.0.1:${stand.isDown ? port : server.port}`,
            ...(tls ? { tls: { insecure_skip_verify: true } } : {}),
          }),
      compression: 'none',
      timeout: '5s',
      retry_on_failure: RETRY,
      sending_queue: { enabled: true, num_consumers: 4 },
      ...stand.settings,
    };
    pipeline.exporters.push(exporter);
  }
  return { check, servers, names, feedPort };
}
