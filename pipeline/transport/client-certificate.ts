// Who a client with a verified certificate is, and listeners that let in only some of them.

import type { X509Certificate } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { isIPv6 } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What the certificate says, for `from_context` and headers_setter: names as `auth.tls.client.subject`. */
const SUBJECT = 'tls.client.subject';
const ISSUER = 'tls.client.issuer';
/** DNS names, e-mail addresses, IP addresses and URIs among the subject alternative names. */
const SANS = 'tls.client.subject_alternative_names';

const PART = /([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g;

/** The names in node's `subjectAltName`: `DNS:a, IP Address:10.0.0.1, URI:"spiffe://a,b"`. */
export function namesIn(subjectAltName: string | undefined): readonly string[] {
  const names: string[] = [];
  for (const [, , value = ''] of (subjectAltName ?? '').matchAll(PART)) {
    names.push(value.startsWith('"') ? unquoted(value) : value);
  }
  return names;
}

/** What could be mistaken for several names is written as JSON; something else is no name. */
function unquoted(value: string): string {
  try {
    return String(JSON.parse(value));
  } catch {
    return '';
  }
}

/** One spelling for addresses, which certificates and people write differently. */
export function sameSpelling(name: string): string {
  return isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name;
}

/** Which clients may come in, and who hears of the others. */
export interface NamedClients {
  /** In `sameSpelling`. */
  readonly allowed: ReadonlySet<string>;
  readonly refused: (subject: string) => void;
}

type Client = ReadonlyMap<string, unknown>;

const clients = new WeakMap<object, Client>();

/** Who is at the other end; undefined without a verified certificate. Read once per connection. */
export function certificateClient(socket: object | undefined): Client | undefined {
  if (!socket) return undefined;
  const known = clients.get(socket);
  if (known) return known;
  const certificate = verifiedCertificate(socket);
  if (!certificate) return undefined;
  const client = new Map<string, unknown>([
    [SUBJECT, oneLine(certificate.subject)],
    [ISSUER, oneLine(certificate.issuer)],
    [SANS, namesIn(certificate.subjectAltName)],
  ]);
  clients.set(socket, client);
  return client;
}

/** What the certificate and what the authenticator say, together. */
export function bothSay(certificate: Client | undefined, authenticator: Client | undefined): Client | undefined {
  if (!certificate || !authenticator) return certificate ?? authenticator;
  return new Map([...certificate, ...authenticator]);
}

/**
 * Lets a TLS server serve only clients whose certificate has one of the names: the others' connections end before
 * anything is read from them. To be called right after the server was made, while its own listener is the only one.
 */
export function admitOnly(server: EventEmitter, named: NamedClients | undefined): void {
  if (!named) return;
  const serve = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    const certificate = verifiedCertificate(socket);
    const names = namesIn(certificate?.subjectAltName);
    if (names.some((name) => named.allowed.has(sameSpelling(name)))) {
      for (const listener of serve) Reflect.apply(listener, server, [socket]);
      return;
    }
    named.refused(certificate ? oneLine(certificate.subject) : 'none');
    socket.on('error', () => undefined);
    socket.destroy();
  });
}

function verifiedCertificate(socket: unknown): X509Certificate | undefined {
  return socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined;
}

/** `CN=a,O=b`: node has each part on a line. */
function oneLine(name: string): string {
  return name.trim().split('\n').join(',');
}
