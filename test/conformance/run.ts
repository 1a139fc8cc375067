// Asks the 19 clauses of the OTLP specification of any endpoint, or of a program in the shape of the collector as server and
// as client, and prints what was seen: `npm run conformance -- --help`.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { VERSION } from '../../pipeline/version.ts';
import { verdictOf, type ClauseResult } from './otlp/clause.ts';
import { askClient } from './otlp/client-bench.ts';
import { CLIENT_CLAUSES } from './otlp/clients.ts';
import { ScriptedServer } from './otlp/scripted-server.ts';
import { ServerTarget } from './otlp/server-target.ts';
import { askServer, RECOMMENDED_BYTES, startServer } from './otlp/servers.ts';
import { lines, markdownTable, type Column } from './otlp/table.ts';

const HELP = `npm run conformance -- [options]

A server that runs already (clauses S1 to S11):
  --grpc HOST:PORT       its OTLP/gRPC address
  --http URL             its OTLP/HTTP address, without /v1/traces
  --destination PORT     listens there for what the server forwards over OTLP/gRPC; to be asked everything, it must
                         forward all signals there without queue and retry, so that its answers are those it got
  --limit-mib N          its limit of one request (64)

A program that takes --config FILE as the collector does (S1 to S11 and C1 to C8):
  --program FILE         may be given several times
  --agent                genesis-agent of this tree, and beside it the collector that OTELCOL names

  --write FILE           writes the table of --agent or --program as a document
  --help

The exit code is 1 when the endpoint, a --program or the agent misses a clause; the collector beside it only shows.
`;

interface Subject {
  readonly name: string;
  readonly command: string | undefined;
  /** Whether a missed clause fails the run. */
  readonly counts: boolean;
}

const { values } = parseArgs({
  options: {
    grpc: { type: 'string' },
    http: { type: 'string' },
    destination: { type: 'string' },
    'limit-mib': { type: 'string', default: String(RECOMMENDED_BYTES >> 20) },
    program: { type: 'string', multiple: true, default: [] },
    agent: { type: 'boolean', default: false },
    write: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function askEndpoint(): Promise<Column> {
  const port = values.destination === undefined ? undefined : Number(values.destination);
  const destination = port === undefined ? undefined : new ScriptedServer({ protocol: 'grpc', port });
  await destination?.start();
  const target = new ServerTarget({
    ...(values.grpc === undefined ? {} : { grpc: values.grpc }),
    ...(values.http === undefined ? {} : { http: values.http }),
    ...(destination === undefined ? {} : { destination }),
    limitBytes: Number(values['limit-mib']) << 20,
  });
  try {
    return { name: [values.grpc, values.http].filter(Boolean).join(', '), results: await askServer(target) };
  } finally {
    target[Symbol.dispose]();
    await destination?.[Symbol.asyncDispose]();
  }
}

async function askProgram({ name, command }: Subject): Promise<Column> {
  const server = await startServer({ command });
  let asServer: ClauseResult[];
  try {
    asServer = await askServer(server.target);
  } finally {
    await server[Symbol.asyncDispose]();
  }
  return { name, results: [...asServer, ...(await askClient(CLIENT_CLAUSES, command))] };
}

/** `otelcol 0.161.0`, as the program says itself. */
function nameOf(command: string): string {
  const said = execFileSync(command, ['--version'], { encoding: 'utf8' }).trim();
  return said.replace(/ version v?/, ' ');
}

function subjects(): Subject[] {
  const chosen: Subject[] = values.program.map((command) => ({ name: nameOf(command), command, counts: true }));
  if (!values.agent) return chosen;
  chosen.unshift({ name: `genesis-agent ${VERSION}`, command: undefined, counts: true });
  const otelcol = process.env['OTELCOL'];
  if (otelcol === undefined) process.stderr.write('OTELCOL names no collector to ask beside the agent\n');
  else chosen.push({ name: nameOf(otelcol), command: otelcol, counts: false });
  return chosen;
}

function documentOf(columns: readonly Column[]): string {
  const day = new Date().toISOString().slice(0, 10);
  return `# OTLP to the letter

The 19 clauses that the [OTLP specification](https://opentelemetry.io/docs/specs/otlp/) lays on servers (S1 to S11) and
clients (C1 to C8), asked over the wire: of servers by what they answer and by what reaches the destination behind them, of
clients by servers that answer well and badly. \`npm run conformance -- --agent --write docs/conformance.md\` wrote this table
on ${day}; \`npm run conformance -- --help\` tells how to ask any other endpoint or program. A clause is met when everything it
says MUST and SHOULD be held; the checks are in \`test/conformance/otlp\`, and the tests run the same ones.

${markdownTable(columns)}`;
}

function isMissed({ results }: Column): boolean {
  return results.some((result) => verdictOf(result) === 'missed');
}

async function main(): Promise<boolean> {
  const columns: Column[] = [];
  let failed = false;
  if (values.grpc !== undefined || values.http !== undefined) {
    const column = await askEndpoint();
    process.stdout.write(`${lines(column)}\n`);
    failed ||= isMissed(column);
  }
  for (const subject of subjects()) {
    const column = await askProgram(subject);
    process.stdout.write(`${lines(column)}\n`);
    columns.push(column);
    failed ||= subject.counts && isMissed(column);
  }
  if (columns.length > 0) process.stdout.write(markdownTable(columns));
  if (values.write !== undefined) writeFileSync(values.write, documentOf(columns));
  return failed;
}

const isAsked = values.agent || values.program.length > 0 || values.grpc !== undefined || values.http !== undefined;
if (values.help || !isAsked) {
  process.stdout.write(HELP);
  process.exitCode = values.help ? 0 : 2;
} else process.exitCode = (await main()) ? 1 : 0;
