// Destinations that are not there for a while: the kernel takes no connection, the name is not known, the certificate has
// expired. What was acknowledged arrives once they are back, and the healthy one beside them does not notice.

import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { TestAuthority } from '../support/certificates.ts';
import { portOf } from '../support/destination.ts';
import { SickDestination } from '../support/sick-destination.ts';
import { RECOVERY_MS, Ward } from '../support/ward.ts';

const AGENT = fileURLToPath(new URL('../../cmd/genesis-agent', import.meta.url));
const RELAY = fileURLToPath(new URL('../support/relay.ts', import.meta.url));
const OUTAGE_MS = 2_500;
/** More than the relay's backlog holds. */
const FILLERS = 8;
const MOUNTS = ['--mount', '--propagation', 'private'];

/** `away` before data comes, `back` after a while: nothing acknowledged is missing, and the reason was to be seen. */
async function outage(ward: Ward, what: string, reason: RegExp, away: () => void, back: () => void): Promise<void> {
  await ward.sick.until(await ward.send(`${what} before`), RECOVERY_MS);
  away();
  const names = await ward.send(what);
  await ward.well.until(names, RECOVERY_MS);
  await sleep(OUTAGE_MS);
  assert.equal(await ward.isClosed(), false);
  assert.match((await ward.reason()) ?? '', reason);
  back();
  await ward.sick.until(names, 2 * RECOVERY_MS);
  await ward.rest();
  assert.equal(await ward.isClosed(), true);
  assert.equal(await ward.figure('genesis_exporter_consecutive_failures'), 0);
}

for (const protocol of ['http', 'grpc'] as const) {
  void test(`a stopped ${protocol} destination whose backlog is full`, async () => {
    const sick = await SickDestination.start(protocol);
    const relay = fork(RELAY, [String(sick.port)]);
    const [port] = (await once(relay, 'message')) as [number]; // What the relay sends first.
    const settings =
      protocol === 'grpc'
        ? { endpoint: `127.0.0.1:${port}`, tls: { insecure: true } }
        : { endpoint: `http://127.0.0.1:${port}` };
    const fillers: Socket[] = [];
    try {
      await using ward = await Ward.open({ protocol, sick, settings });
      await outage(
        ward,
        'backlog',
        /no answer within 500 ms|closed|no connection/,
        () => {
          relay.kill('SIGSTOP');
          for (let index = 0; index < FILLERS; index += 1) {
            fillers.push(net.connect(port, '127.0.0.1').on('error', () => undefined));
          }
        },
        () => {
          for (const filler of fillers) filler.destroy();
          relay.kill('SIGCONT');
        },
      );
    } finally {
      relay.kill('SIGCONT');
      relay.disconnect();
      await once(relay, 'exit');
    }
  });

  void test(`a ${protocol} destination whose name is not known for a while`, { skip: withoutMounts() }, async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'names-'));
    const hosts = path.join(folder, 'hosts');
    const resolver = path.join(folder, 'resolv.conf');
    writeFileSync(hosts, '127.0.0.1 sick.test\n');
    // Nobody answers there, and the resolver is told so at once.
    writeFileSync(resolver, 'nameserver 127.0.0.1\n');
    const sick = await SickDestination.start(protocol);
    const settings =
      protocol === 'grpc'
        ? { endpoint: `sick.test:${sick.port}`, tls: { insecure: true } }
        : { endpoint: `http://sick.test:${sick.port}` };
    const script = 'mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf && shift 2 && exec "$@"';
    const argsBefore = [...MOUNTS, 'sh', '-c', script, 'sh', hosts, resolver, AGENT];
    try {
      await using ward = await Ward.open({ protocol, sick, settings, command: 'unshare', argsBefore });
      await outage(
        ward,
        'name',
        /sick\.test/,
        () => {
          writeFileSync(hosts, '');
          sick.cut();
        },
        () => writeFileSync(hosts, '127.0.0.1 sick.test\n'),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

void test('a destination whose certificate has expired for a while', async (t) => {
  using authority = TestAuthority.make();
  if (!authority) {
    t.skip('needs openssl');
    return;
  }
  const read = ({ cert, key }: { cert: string; key: string }) => ({ cert: readFileSync(cert), key: readFileSync(key) });
  const good = read(authority.issue('good', 'IP:127.0.0.1'));
  const expired = read(authority.issue('expired', 'IP:127.0.0.1', -1));
  const sick = await SickDestination.start('http');
  const server = tls.createServer(good, (socket) => {
    const inner = net.connect(sick.port, '127.0.0.1');
    for (const end of [socket, inner]) end.on('error', () => undefined);
    inner.on('close', () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const settings = { endpoint: `https://127.0.0.1:${portOf(server)}`, tls: { ca_file: authority.ca } };
  try {
    await using ward = await Ward.open({ protocol: 'http', sick, settings });
    await outage(
      ward,
      'certificate',
      /expired/,
      () => {
        server.setSecureContext(expired);
        sick.cut();
      },
      () => server.setSecureContext(good),
    );
  } finally {
    server.close();
  }
});

/** Why a mount of its own can not be had; false where it can. */
function withoutMounts(): string | false {
  const { status } = spawnSync('unshare', [...MOUNTS, 'true']);
  return status === 0 ? false : 'needs unshare and the right to mount';
}
