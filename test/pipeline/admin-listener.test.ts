import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { connect } from 'node:tls';
import { text } from '../../pipeline/admin-http.ts';
import { startAdminListener } from '../../pipeline/admin-listener.ts';
import { AgentError } from '../../pipeline/errors.ts';
import { httpServerSettings } from '../../pipeline/settings/http-server.ts';
import { runningContext } from '../extensions/running-context.ts';
import { TestAuthority } from '../support/certificates.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'admin-listener-'));
after(() => rmSync(folder, { recursive: true }));
const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];

/** A new certificate with this name at the paths above; false where the machine has no openssl. */
function makeCertificate(name: string): boolean {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  try {
    execFileSync(
      'openssl',
      ['req', '-x509', ...curve, '-nodes', '-subj', `/CN=${name}`, '-days', '2', '-keyout', key, '-out', cert],
      { stdio: 'ignore' },
    );
    return true;
  } catch {
    return false;
  }
}

const settingsOf = (more: object) => httpServerSettings({ endpoint: '127.0.0.1:0' }).parse(more);

function subjectAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw).subject);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

void test('TLS with certificates that are read again', async (t) => {
  if (!makeCertificate('first')) {
    t.skip('openssl is not on this machine');
    return;
  }
  const settings = settingsOf({ tls: { cert_file: cert, key_file: key } });
  const { context } = runningContext('zpages');
  const server = await startAdminListener(context, settings, { handler: () => text(200, 'x') });
  const port = Number(server.bound[0]?.split(':')[1]);
  assert.equal(await subjectAt(port), 'CN=first');
  makeCertificate('second');
  await server.refresh();
  assert.equal(await subjectAt(port), 'CN=second');
  writeFileSync(cert, 'garbage');
  await assert.rejects(server.refresh(), (error) => error instanceof AgentError && error.code === 'TLS_MATERIAL');
  assert.equal(await subjectAt(port), 'CN=second');
  await server.stop(AbortSignal.timeout(1_000));
});

void test('an unreadable certificate and an unknown authenticator are said at start', async () => {
  const { context } = runningContext('zpages');
  for (const [more, code] of [
    [{ tls: { cert_file: '/nowhere/cert.pem', key_file: '/nowhere/key.pem' } }, 'TLS_MATERIAL'],
    [{ auth: { authenticator: 'basicauth/none' } }, 'AUTHENTICATOR_MISSING'],
  ] as const) {
    await assert.rejects(
      startAdminListener(context, settingsOf(more), { handler: () => text(200, 'x') }),
      (error) => error instanceof AgentError && error.code === code && error.component === 'extension:zpages',
    );
  }
});

void test('only clients with a named certificate are served', async (t) => {
  using authority = TestAuthority.make();
  if (!authority) {
    t.skip('openssl is not on this machine');
    return;
  }
  const server = authority.issue('server', 'IP:127.0.0.1');
  const tls = {
    cert_file: server.cert,
    key_file: server.key,
    client_ca_file: authority.ca,
    client_allowed_sans: ['ann.example'],
  };
  const { context } = runningContext('zpages');
  const listener = await startAdminListener(context, settingsOf({ tls }), { handler: () => text(200, 'x') });
  const port = Number(listener.bound[0]?.split(':')[1]);
  const ask = (names: string): Promise<number | undefined> => {
    const client = authority.issue('client', names);
    return new Promise((resolve, reject) => {
      const files = { ca: readFileSync(authority.ca), cert: readFileSync(client.cert), key: readFileSync(client.key) };
      const request = https.get({ host: '127.0.0.1', port, agent: false, ...files }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      });
      request.on('error', reject);
    });
  };
  assert.equal(await ask('DNS:ann.example'), 200);
  await assert.rejects(ask('DNS:bob.example'));
  await assert.rejects(ask('URI:https://ann.example'));
  await listener.stop(AbortSignal.timeout(1_000));
});
