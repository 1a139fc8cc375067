// What deploy/ promises, tried without systemd and without a container engine: how exposed the unit is, the single executable
// under all of the unit's restrictions at once, its system calls against the unit's filter, and the container's root.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../house/sources.ts';
import { freePorts, startAgent, type Program } from '../support/agent.ts';
import { ProjectCopy, type Ran } from '../support/project-copy.ts';

const DEPLOY = path.join(ROOT, 'deploy');
const UNIT = readFileSync(path.join(DEPLOY, 'genesis-agent.service'), 'utf8');
/** What `systemd-analyze security` may come to at most: 0 is nothing to lose, 10 is no protection at all. */
const BASE_EXPOSURE = 1.7;
const HOST_EXPOSURE = 2.2;
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

/** What is hidden from the agent costs it some of these, and nothing else. */
const HOST = {
  cgroup: {},
  cpu: {},
  disk: {},
  filesystem: {},
  load: {},
  memory: {},
  network: {},
  nfs: {},
  paging: {},
  pressure: {},
  process: { mute_process_all_errors: true },
  processes: {},
  system: {},
};

async function startWith(command: string): Promise<{ agent: Program; url: string }> {
  const [http = 0, grpc = 0, admin = 0, metrics = 0] = await freePorts(4);
  const agent = await startAgent({
    command,
    config: {
      receivers: {
        otlp: {
          protocols: { grpc: { endpoint: `127.0.0.1:${grpc}` }, http: { endpoint: `localhost:${http}` } },
        },
        host_metrics: { collection_interval: '200ms', initial_delay: '0s', scrapers: HOST },
      },
      processors: { memory_limiter: { check_interval: '1s', limit_percentage: 50 } },
      exporters: {
        debug: {},
        nop: {},
        otlp_http: { endpoint: 'http://localhost:1', retry_on_failure: { enabled: false } },
      },
      extensions: { zpages: { endpoint: `127.0.0.1:${admin}` } },
      service: {
        extensions: ['zpages'],
        telemetry: {
          metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: metrics } } } }] },
        },
        pipelines: {
          logs: { receivers: ['otlp'], processors: ['memory_limiter'], exporters: ['debug', 'otlp_http'] },
          metrics: { receivers: ['host_metrics'], exporters: ['nop'] },
        },
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

/** A folder with the unit as it is installed: the executable where it was built, and the drop-in if asked for. */
function installed(name: string, withHost: boolean): string {
  const folder = path.join(copy.root, name);
  mkdirSync(path.join(folder, 'genesis-agent.service.d'), { recursive: true });
  const unit = path.join(folder, 'genesis-agent.service');
  writeFileSync(unit, UNIT.replaceAll('/usr/local/bin/genesis-agent', executable));
  if (withHost) cpSync(path.join(DEPLOY, 'host.conf'), path.join(folder, 'genesis-agent.service.d', 'host.conf'));
  return unit;
}

function exposure(unit: string): number {
  const { code, output } = copy.run('systemd-analyze', 'security', '--offline=true', '--no-pager', unit);
  assert.equal(code, 0, output);
  return Number(/Overall exposure level for .*: ([\d.]+)/.exec(output)?.[1]);
}

for (const [name, withHost, limit] of [
  ['base', false, BASE_EXPOSURE],
  ['host', true, HOST_EXPOSURE],
] as const) {
  void test(
    `systemd understands the ${name} unit, which is exposed by at most ${limit}`,
    { skip: without('systemd-analyze') },
    () => {
      const unit = installed(name, withHost);
      const { code, output } = copy.run('systemd-analyze', 'verify', '--man=no', unit);
      assert.equal(code, 0, output);
      assert.doesNotMatch(output, /genesis-agent\.service|host\.conf/);
      const seen = exposure(unit);
      assert.ok(seen <= limit, `exposure ${seen}`);
    },
  );
}

void test('the base unit has no capabilities', () => {
  assert.deepEqual(UNIT.match(/^(?:CapabilityBoundingSet|AmbientCapabilities)=.*$/gm), [
    'CapabilityBoundingSet=',
    'AmbientCapabilities=',
  ]);
});

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

/** The calls that the unit's SystemCallFilter= allows. */
function allowedCalls(): ReadonlySet<string> {
  const [allowed, refused] = [...UNIT.matchAll(/^SystemCallFilter=(~?)(.+)$/gm)].map(([, , sets = '']) =>
    sets.split(' '),
  );
  assert.ok(allowed && refused);
  const refusedCalls = callsOf(...refused);
  return new Set([...callsOf(...allowed)].filter((call) => !refusedCalls.has(call)));
}

/** The program that puts the unit's filter on itself before it becomes another. */
function filteringProgram(): string {
  const folder = path.join(copy.root, 'filter');
  mkdirSync(folder);
  const calls = [...allowedCalls()].map((call) => `#ifdef __NR_${call}\nALLOW(${call})\n#endif\n`);
  writeFileSync(path.join(folder, 'allowed-calls.h'), calls.join(''));
  const program = path.join(folder, 'seccomp-run');
  const source = path.join(ROOT, 'test', 'support', 'seccomp-run.c');
  const { code, output } = copy.run('gcc', '-Wall', '-Werror', '-I', folder, '-o', program, source);
  assert.equal(code, 0, output);
  return program;
}

void test(
  'it runs under all of the unit: another user, no capabilities, a read-only system, nothing of others in /proc, a filter; and reloads and stops',
  { skip: without('unshare', 'setpriv', 'gcc', 'systemd-analyze') || needsRoot() },
  async () => {
    const filter = filteringProgram();
    const folder = path.join(copy.root, 'surroundings');
    mkdirSync(folder);
    const surroundings = path.join(folder, 'surroundings.sh');
    // PrivateTmp= is not tried: the folder under test lies in /tmp itself. Nor are PrivateUsers= and DynamicUser=.
    writeFileSync(
      surroundings,
      `set -e
umask 077
mount --bind / / && mount -o remount,bind,ro /
mount -t tmpfs -o size=1m,mode=755,nosuid,noexec devices /dev
for device in null zero full random urandom tty; do mknod -m 666 /dev/$device c $1 $2; shift 2; done
mount -o remount,ro /dev
mount -t proc -o hidepid=invisible,subset=pid proc /proc
if touch ${path.join(copy.root, 'written')} 2>/dev/null; then exit 1; fi
if test -e /proc/meminfo; then exit 1; fi
exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \
  ${filter} ${executable} --config "$CONFIGURATION"
`,
    );
    const devices = '1 3 1 5 1 7 1 8 1 9 5 0';
    const command = wrapper(
      'restricted',
      (configuration) =>
        `env CONFIGURATION=${configuration} unshare --mount --propagation private sh ${surroundings} ${devices}`,
    );
    const started = await startWith(command);
    await using agent = started.agent;
    const { url } = started;
    const status = readFileSync(`/proc/${agent.pid}/status`, 'utf8');
    assert.match(status, new RegExp(`^Uid:\\t${NOBODY}\\t${NOBODY}\\t`, 'm'));
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^CapBnd:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^Seccomp:\t2$/m);
    await deliver(url);
    assert.match(UNIT, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
    agent.signal('SIGHUP');
    await agent.said(/Configuration reloaded/);
    await deliver(url);
    const exit = await agent.stop();
    assert.deepEqual([exit.code, exit.signal], [0, null], exit.stderr);
  },
);

void test(
  "what the host drop-in adds is what it takes to read other users' processes",
  { skip: without('setpriv') || needsRoot() },
  () => {
    const [, capabilities = ''] =
      /^AmbientCapabilities=(.+)$/m.exec(readFileSync(path.join(DEPLOY, 'host.conf'), 'utf8')) ?? [];
    const names = capabilities
      .split(' ')
      .map((name) => `+${name.replace('CAP_', '').toLowerCase()}`)
      .join(',');
    const read = (...rights: readonly string[]): Ran =>
      copy.run(
        'setpriv',
        `--reuid=${NOBODY}`,
        `--regid=${NOBODY}`,
        '--clear-groups',
        '--no-new-privs',
        ...rights,
        'cat',
        `/proc/${process.pid}/io`,
      );
    assert.notEqual(read('--bounding-set=-all').code, 0);
    const { code, output } = read(
      `--inh-caps=-all,${names}`,
      `--ambient-caps=-all,${names}`,
      `--bounding-set=-all,${names}`,
    );
    assert.equal(code, 0, output);
    assert.match(output, /read_bytes/);
  },
);

void test(
  'it makes no system call that the unit refuses',
  { skip: without('strace', 'systemd-analyze') || needsTracing() },
  async () => {
    const allowed = allowedCalls();
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
      made.filter((call) => !allowed.has(call)),
      [],
    );
  },
);

void test('the Containerfile has nothing that hadolint objects to', { skip: without('hadolint') }, () => {
  const { code, output } = copy.run('hadolint', path.join(DEPLOY, 'Containerfile'));
  assert.equal(code, 0, output);
});

void test(
  "it runs in the container's root: as the user there, read-only, without a network",
  { skip: without('unshare', 'setpriv', 'ldd') || needsRoot() },
  async () => {
    const container = path.join(copy.root, 'container');
    const laid = copy.run('sh', path.join(DEPLOY, 'container-root.sh'), executable, container);
    assert.equal(laid.code, 0, laid.output);
    assert.ok(!existsSync(path.join(container, 'bin', 'sh')));
    const [, user = ''] = /^USER (\S+)$/m.exec(readFileSync(path.join(DEPLOY, 'Containerfile'), 'utf8')) ?? [];
    const [uid, gid] = user.split(':');
    const enter = `mount --bind ${container} ${container} && mount -t proc proc ${container}/proc && mount -o remount,bind,ro ${container} && exec setpriv --reuid=${uid} --regid=${gid} --clear-groups --bounding-set=-all,+sys_chroot --no-new-privs `;
    // chroot needs its capability until it is through; a second setpriv is not inside, so the agent starts with what chroot had.
    const command = wrapper(
      'contained',
      () =>
        `unshare --mount --net --propagation private sh -c '${enter} --inh-caps=-all,+sys_chroot --ambient-caps=-all,+sys_chroot chroot ${container} /usr/bin/genesis-agent --config /etc/genesis-agent/agent.yaml'`,
    );
    await using agent = await startAgent({ command, config: {} });
    assert.match(readFileSync(`/proc/${agent.pid}/status`, 'utf8'), new RegExp(`^Uid:\\t${uid}\\t${uid}\\t`, 'm'));
    const exit = await agent.stop();
    assert.deepEqual([exit.code, exit.signal], [0, null], exit.stderr);
  },
);
