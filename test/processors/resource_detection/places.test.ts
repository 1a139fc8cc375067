// What the agent finds out of its process, container and pod, and of platforms that say it in the environment.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { idInGroups, idInMounts } from '../../../processors/resource_detection/container.ts';
import { ResourceDetectionProcessor } from '../../../processors/resource_detection/processor.ts';
import resourceDetection from '../../../processors/resource_detection/index.ts';
import { Collector, testContext } from '../../support/context.ts';
import { attributes as attributesOf, batchOfJson, decoded, settingsOf } from '../../support/processor.ts';
import { smallServer } from '../../support/small-server.ts';
import { detect, place, service } from './surroundings.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'places-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A root with these files. */
function rootWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(path.join(folder, 'root-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return root;
}

const ID = 'ac679f8a8319c8cf7d38e1adf263bc08d23f2c0b9c5f5b6f1f1f3c6d0a1b2c3d';

void test('process: itself, and its arguments only where they are asked for', async () => {
  const { attributes } = await detect('{ detectors: [process] }', place());
  assert.deepEqual(attributes, {
    'process.executable.name': path.basename(process.execPath),
    'process.executable.path': process.execPath,
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
  });
  const on = '{ process.command_args: { enabled: true }, process.owner: { enabled: true } }';
  const more = (await detect(`{ detectors: [process], process: { resource_attributes: ${on} } }`, place())).attributes;
  assert.deepEqual(more['process.command_args'], [process.argv0, ...process.argv.slice(1)]);
});

void test('container: every way in which runtimes name control groups', () => {
  const groups: Readonly<Record<string, string>> = {
    docker: `12:cpuset:/docker/${ID}\n11:memory:/docker/${ID}\n`,
    'docker within systemd': `0::/system.slice/docker-${ID}.scope\n`,
    'kubernetes, first version': `11:cpu:/kubepods/besteffort/podd3/${ID}\n`,
    'kubernetes within systemd': `0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${ID}.scope\n`,
    'containerd, by its runtime': `0::/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:${ID}\n`,
    'cri-o': `1:name=systemd:/kubepods.slice/crio-${ID}.scope\n`,
    podman: `0::/machine.slice/libpod-${ID}.scope\n`,
  };
  for (const [name, text] of Object.entries(groups)) assert.equal(idInGroups(text), ID, name);
  const task = '8a9f3ff0a05d41c5bd7f0f7ab4a2bb3c-1234567890';
  assert.equal(idInGroups(`9:perf_event:/ecs/55/${task}\n`), task);
  for (const text of ['', '0::/\n', '0::/user.slice/session-1.scope\n', `0::/docker-${ID.slice(1)}.scope\n`]) {
    assert.equal(idInGroups(text), undefined, text);
  }
});

void test('container: in a namespace of its own, by what is mounted', () => {
  const mount = (root: string, point: string): string =>
    `983 961 0:56 ${root} ${point} rw,relatime - ext4 /dev/root rw\n`;
  assert.equal(idInMounts(mount(`/var/lib/docker/containers/${ID}/hostname`, '/etc/hostname')), ID);
  assert.equal(idInMounts(mount(`/containers/overlay-containers/${ID}/userdata/hosts`, '/etc/hosts')), ID);
  // The sandbox of a pod is no container of it.
  const sandbox = `/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/${ID}/hostname`;
  assert.equal(idInMounts(mount(sandbox, '/etc/hostname')), undefined);
  assert.equal(idInMounts('garbage\n\n  \n'), undefined);
});

void test('container: from files, and nowhere', async () => {
  const root = rootWith({
    'proc/self/cgroup': '0::/\n',
    'proc/self/mountinfo': `1 2 0:5 /var/lib/docker/containers/${ID}/resolv.conf /etc/resolv.conf rw - ext4 /dev/a rw\n`,
  });
  assert.deepEqual((await detect('{ detectors: [container] }', place({ root }))).attributes, { 'container.id': ID });
  const none = await detect('{ detectors: [container] }', place());
  assert.deepEqual(none.attributes, {});
  assert.match(none.lines.join('\n'), /names a container/);
});

void test('k8s: variables first, then the volume, then the account', async () => {
  const root = rootWith({
    'etc/podinfo/name': 'from-file\n',
    'etc/podinfo/uid': 'f0d3-uid',
    'var/run/secrets/kubernetes.io/serviceaccount/namespace': 'shop',
  });
  const env = { POD_NAME: 'from-variable', K8S_NODE_NAME: 'node-1', MY_POD_IP: '10.1.2.3', K8S_POD_UID: '' };
  const { attributes } = await detect('{ detectors: [k8s] }', place({ root, env }));
  assert.deepEqual(attributes, {
    'k8s.namespace.name': 'shop',
    'k8s.node.name': 'node-1',
    'k8s.pod.name': 'from-variable',
    'k8s.pod.uid': 'f0d3-uid',
  });
  const other = await detect(
    '{ detectors: [k8s], k8s: { directory: /podinfo, resource_attributes: { k8s.pod.ip: { enabled: true } } } }',
    place({ root: rootWith({ 'podinfo/name': 'x'.repeat(5_000), 'podinfo/namespace': 'n' }), env }),
  );
  assert.equal(other.attributes['k8s.namespace.name'], 'n');
  assert.equal(other.attributes['k8s.pod.ip'], '10.1.2.3');
  assert.match((await detect('{ detectors: [k8s] }', place())).lines.join('\n'), /no file of a pod/);
});

const INFO = JSON.stringify({ Name: 'docker-host', OSType: 'linux' });
const INSPECTED = JSON.stringify({ Id: ID, Name: '/my-agent', Image: `sha256:${ID}`, Config: { Image: 'agent:1.0' } });

void test('docker: over its socket, or where DOCKER_HOST points', async () => {
  const socketPath = path.join(folder, 'docker.sock');
  const answer = ({ path: asked }: { path: string }): string | undefined =>
    asked === '/info' ? INFO : asked === `/containers/${ID.slice(0, 12)}/json` ? INSPECTED : undefined;
  await using socket = await service(answer, socketPath);
  const surroundings = place({ dockerSocket: socketPath, hostname: ID.slice(0, 12) });
  const host = { 'host.name': 'docker-host', 'os.type': 'linux' };
  assert.deepEqual((await detect('{ detectors: [docker] }', surroundings)).attributes, host);
  assert.deepEqual(
    socket.asked.map(({ path: asked }) => asked),
    ['/info'],
  );
  const on = '{ container.name: { enabled: true }, container.image.name: { enabled: true } }';
  const yaml = `{ detectors: [docker], docker: { resource_attributes: ${on} } }`;
  assert.deepEqual((await detect(yaml, surroundings)).attributes, {
    ...host,
    'container.name': 'my-agent',
    'container.image.name': 'agent:1.0',
  });
  // Outside a container Docker does not know the host's name as one: then, as in the collector, nothing is said.
  assert.deepEqual((await detect(yaml, { ...surroundings, hostname: 'elsewhere' })).attributes, {});

  const unix = place({ env: { DOCKER_HOST: `unix://${socketPath}` } });
  assert.deepEqual((await detect('{ detectors: [docker] }', unix)).attributes, host);
  await using tcp = await service(answer);
  const remote = place({ env: { DOCKER_HOST: tcp.url.replace('http:', 'tcp:') } });
  assert.deepEqual((await detect('{ detectors: [docker] }', remote)).attributes, host);
  const ssh = place({ env: { DOCKER_HOST: 'ssh://somewhere' } });
  await assert.rejects(detect('{ detectors: [docker], retry: { enabled: false } }', ssh), /neither unix:\/\/ nor tcp/);
});

void test('lambda and heroku say it in the environment', async () => {
  const lambda = {
    AWS_REGION: 'eu-west-1',
    AWS_LAMBDA_FUNCTION_NAME: 'resize',
    AWS_LAMBDA_FUNCTION_VERSION: '7',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/resize',
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/24/[7]abc',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
  };
  assert.deepEqual((await detect('{ detectors: [lambda] }', place({ env: lambda }))).attributes, {
    'cloud.provider': 'aws',
    'cloud.platform': 'aws_lambda',
    'cloud.region': 'eu-west-1',
    'faas.name': 'resize',
    'faas.version': '7',
    'faas.instance': '2026/11/24/[7]abc',
    'faas.max_memory': '128',
    'aws.log.group.names': ['/aws/lambda/resize'],
    'aws.log.stream.names': ['2026/11/24/[7]abc'],
  });
  const heroku = {
    HEROKU_APP_ID: 'app',
    HEROKU_DYNO_ID: 'dyno',
    HEROKU_APP_NAME: 'shop',
    HEROKU_RELEASE_VERSION: 'v9',
  };
  assert.deepEqual((await detect('{ detectors: [heroku] }', place({ env: heroku }))).attributes, {
    'cloud.provider': 'heroku',
    'heroku.app.id': 'app',
    'heroku.dyno.id': 'dyno',
    'service.instance.id': 'dyno',
    'service.name': 'shop',
    'service.version': 'v9',
  });
  assert.deepEqual((await detect('{ detectors: [lambda, heroku] }', place())).attributes, {});
});

void test('a detector that fails is asked again until it succeeds, which the log says once', async () => {
  let answers = 0;
  await using docker = await service(() => (++answers < 3 ? 'no JSON' : INFO));
  const { attributes, lines } = await detect(
    '{ detectors: [docker], retry: { initial_interval: 1ms } }',
    place({ env: { DOCKER_HOST: docker.url.replace('http:', 'tcp:') } }),
  );
  assert.deepEqual([attributes['host.name'], answers, lines.length], ['docker-host', 3, 1]);
  assert.match(lines[0] ?? '', /failed and is asked again.*is no JSON/);
});

const REQUEST = {
  resourceSpans: [
    { resource: { attributes: attributesOf({ 'host.name': 'before' }) }, scopeSpans: [{ spans: [{ name: 'a' }] }] },
  ],
};

void test('what is detected again replaces what was known; where that fails, it stays', async () => {
  const names = ['one', 'two'];
  let asked = 0;
  const third = Promise.withResolvers<void>();
  await using docker = await smallServer(() => {
    asked++;
    if (asked > names.length) third.resolve();
    const name = names[asked - 1];
    return { body: name === undefined ? 'no JSON' : { Name: name, OSType: 'linux' } };
  });
  const yaml = '{ detectors: [docker], refresh_interval: 20ms, timeout: 200ms, retry: { enabled: false } }';
  const { context } = testContext({ kind: 'processor', id: 'resource_detection', realTime: true });
  const next = new Collector();
  const processor = new ResourceDetectionProcessor({
    config: settingsOf(resourceDetection.config, yaml),
    context,
    signal: 'traces',
    next,
    surroundings: place({ env: { DOCKER_HOST: docker.url.replace('http:', 'tcp:') } }),
  });
  await processor.start();
  await processor.consume(batchOfJson('traces', REQUEST));
  await third.promise;
  await processor.consume(batchOfJson('traces', REQUEST));
  await processor.stop();
  const seen = next.batches.map((batch) => JSON.stringify(decoded(batch)));
  assert.match(seen[0] ?? '', /"one"/);
  assert.match(seen[1] ?? '', /"two"/);
});
