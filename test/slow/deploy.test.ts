// The systemd unit's restrictions, tried without systemd: the single executable as another user, without capabilities, on
// a read-only system, and its system calls against the unit's filter.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../house/sources.ts';
import { freePorts, startAgent, type Program } from '../support/agent.ts';
import { ProjectCopy } from '../support/project-copy.ts';

const UNIT = readFileSync(path.join(ROOT, 'deploy', 'genesis-agent.service'), 'utf8');
const NOBODY = 65_534;

/** The reason why this machine can not try something, or false. */
function without(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error);
  if (missing.length > 0) return `this machine has no ${missing.join(', ')}`;
  return false;
}

function needsRoot(): string | false {
  if (process.getuid?.() !== 0) return 'only root may give its rights up in favour of another user';
  const mount = 'mount --bind / / && mount -o remount,bind,ro /';
  const tried = spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', mount], { encoding: 'utf8' });
  return tried.status === 0 ? false : `this machine does not allow mounts: ${tried.stderr.trim()}`;
}

function needsTracing(): string | false {
  const tried = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
  return tried.status === 0 ? false : `this machine does not allow tracing: ${tried.stderr.trim()}`;
}

const copy = new ProjectCopy();
after(() => copy.remove());
const built = copy.run('node', 'cmd/scripts/build.ts', '--sea');
const executable = path.join(copy.root, 'dist', 'genesis-agent-bin');
chmodSync(copy.root, 0o755);

/** A script that prepares the surroundings as the unit asks for them and then becomes the agent. */
function wrapper(name: string, start: (configuration: string) => string): string {
  const folder = path.join(copy.root, name);
  mkdirSync(folder);
  const file = path.join(folder, 'start.sh');
  const configuration = path.join(folder, 'agent.yaml');
  writeFileSync(file, `#!/bin/sh\ninstall -m 644 "$2" ${configuration} || exit 1\nexec ${start(configuration)}\n`);
  chmodSync(file, 0o755);
  return file;
}

async function startWith(command: string): Promise<{ agent: Program; url: string }> {
  const [http = 0, grpc = 0, admin = 0, metrics = 0] = await freePorts(4);
  const agent = await startAgent({
    command,
    config: {
      receivers: {
        otlp: {
          protocols: { grpc: { endpoint: `127.0.0.1:${grpc}` }, http: { endpoint: `localhost:${http}` } },
        },
      },
      exporters: { debug: {}, otlp_http: { endpoint: 'http://localhost:1', retry_on_failure: { enabled: false } } },
      extensions: { zpages: { endpoint: `127.0.0.1:${admin}` } },
      service: {
        extensions: ['zpages'],
        telemetry: {
          metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: metrics } } } }] },
        },
        pipelines: { logs: { receivers: ['otlp'], exporters: ['debug', 'otlp_http'] } },
      },
    },
  });
  return { agent, url: `http://127.0.0.1:${http}/v1/logs` };
}

async function deliver(url: string): Promise<void> {
  const body = JSON.stringify({
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'hello' } }] }] }],
  });
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  assert.equal(answer.status, 200);
}

void test('the executable is built', () => {
  assert.equal(built.code, 0, built.output);
});

void test('systemd understands the unit', { skip: without('systemd-analyze') }, () => {
  const unit = path.join(copy.root, 'genesis-agent.service');
  writeFileSync(unit, UNIT.replaceAll('/usr/local/bin/genesis-agent', executable));
  const { code, output } = copy.run('systemd-analyze', 'verify', '--man=no', unit);
  assert.equal(code, 0, output);
  assert.doesNotMatch(output, /genesis-agent\.service/);
});

void test(
  'it runs as another user, without capabilities, on a read-only system, and reloads and stops as the unit asks',
  { skip: without('unshare', 'setpriv') || needsRoot() },
  async () => {
    const rights = `--reuid=${NOBODY} --regid=${NOBODY} --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs`;
    const command = wrapper(
      'restricted',
      (configuration) =>
        `unshare --mount --propagation private sh -c 'mount --bind / / && mount -o remount,bind,ro / && ! touch ${path.join(copy.root, 'written')} 2>/dev/null && exec setpriv ${rights} ${executable} --config ${configuration}'`,
    );
    const started = await startWith(command);
    await using agent = started.agent;
    const { url } = started;
    const status = readFileSync(`/proc/${agent.pid}/status`, 'utf8');
    assert.match(status, new RegExp(`^Uid:\\t${NOBODY}\\t${NOBODY}\\t`, 'm'));
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^CapBnd:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    await deliver(url);
    assert.match(UNIT, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
    agent.signal('SIGHUP');
    await agent.said(/Configuration reloaded/);
    await deliver(url);
    const exit = await agent.stop();
    assert.deepEqual([exit.code, exit.signal], [0, null], exit.stderr);
  },
);

/** The system calls of systemd's sets, the sets they name included. */
function callsOf(...sets: readonly string[]): Set<string> {
  const calls = new Set<string>();
  for (const line of copy.run('systemd-analyze', 'syscall-filter', ...sets).output.split('\n')) {
    const name = line.trim();
    if (!line.startsWith(' ') || name.startsWith('#') || name === '') continue;
    if (name.startsWith('@')) for (const call of callsOf(name)) calls.add(call);
    else calls.add(name);
  }
  return calls;
}

void test(
  'it makes no system call that the unit refuses',
  { skip: without('strace', 'systemd-analyze') || needsTracing() },
  async () => {
    const [allowed, refused] = [...UNIT.matchAll(/^SystemCallFilter=(~?)(.+)$/gm)].map(([, , sets = '']) =>
      sets.split(' '),
    );
    assert.ok(allowed && refused);
    const refusedCalls = callsOf(...refused);
    const allowedCalls = new Set([...callsOf(...allowed)].filter((call) => !refusedCalls.has(call)));
    const trace = path.join(copy.root, 'trace');
    const command = wrapper(
      'traced',
      (configuration) =>
        `strace -D --follow-forks --quiet=all --summary-only --output=${trace} ${executable} --config ${configuration}`,
    );
    const started = await startWith(command);
    await using agent = started.agent;
    const { url } = started;
    await deliver(url);
    agent.signal('SIGHUP');
    await agent.said(/Configuration reloaded/);
    const exit = await agent.stop();
    assert.equal(exit.code, 0, exit.stderr);
    // strace, running beside the agent, writes its summary a moment after the end.
    let summary = '';
    for (let turn = 0; turn < 100 && !summary.includes('total'); turn += 1) {
      await sleep(50);
      summary = readFileSync(trace, 'utf8');
    }
    const made = [...summary.matchAll(/^ *\d+\.\d+ .* ([a-z_0-9]+)$/gm)]
      .map(([, call = '']) => call)
      .filter((call) => call !== 'total');
    assert.ok(made.includes('accept4') && made.includes('connect'), made.join(' '));
    assert.deepEqual(
      made.filter((call) => !allowedCalls.has(call)),
      [],
    );
  },
);
