// Opens a connection to a destination: plain or TLS, TCP or Unix socket, directly or through an HTTP proxy.

import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';

/**
 * Opens one connection; called again whenever a new one is needed, so that changed DNS answers are seen. Once the signal
 * aborts nobody wants it any more: it fails, and leaves nothing open.
 */
export type Connector = (signal: AbortSignal) => Promise<net.Socket>;

export interface DialTarget {
  /** `host`, an IPv6 address without brackets, or the path of a Unix socket (`port` undefined). */
  readonly host: string;
  readonly port?: number;
  /** TLS settings; undefined connects in plain text. */
  readonly tls?: tls.ConnectionOptions;
  /** `http://user:password@proxy:3128`: tunnel through it with CONNECT. */
  readonly proxy?: URL;
  /** Further headers of CONNECT. */
  readonly proxyHeaders?: Readonly<Record<string, string | string[]>>;
  readonly timeoutMs: number;
}

/** A connector for the target. Fails with the socket's error, or one that names the proxy's answer. */
export function connector(target: () => DialTarget): Connector {
  return async (signal) => {
    const now = target();
    const socket = now.proxy ? await throughProxy(now, now.proxy, signal) : await direct(now, signal);
    socket.setNoDelay(true);
    return now.tls ? secure(socket, now, signal) : socket;
  };
}

function direct(target: DialTarget, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket =
      target.port === undefined
        ? net.connect({ path: target.host })
        : net.connect({ host: target.host, port: target.port, autoSelectFamily: true });
    settle(socket, 'connect', { timeoutMs: target.timeoutMs, signal }, resolve, reject);
  });
}

function secure(socket: net.Socket, target: DialTarget, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    // A server name must be a name: an address is checked against the certificate without SNI.
    const servername = target.tls?.servername ?? (net.isIP(target.host) ? '' : target.host);
    const secured = tls.connect({ ...target.tls, socket, servername, host: target.host });
    settle(secured, 'secureConnect', { timeoutMs: target.timeoutMs, signal }, resolve, reject);
  });
}

function settle(
  socket: net.Socket,
  event: 'connect' | 'secureConnect',
  until: { readonly timeoutMs: number; readonly signal: AbortSignal },
  resolve: (socket: net.Socket) => void,
  reject: (error: Error) => void,
): void {
  const { timeoutMs, signal } = until;
  const fail = (error: Error): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    socket.destroy();
    reject(error);
  };
  const onAbort = (): void => fail(new Error('the connection is not wanted any more'));
  const timer = setTimeout(() => fail(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
  socket.once('error', fail);
  socket.once(event, () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    socket.off('error', fail);
    resolve(socket);
  });
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort);
}

function throughProxy(target: DialTarget, proxy: URL, signal: AbortSignal): Promise<net.Socket> {
  const destination = net.isIPv6(target.host) ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: proxy.hostname,
      port: proxy.port || 80,
      method: 'CONNECT',
      path: destination,
      headers: {
        ...target.proxyHeaders,
        host: destination,
        ...(proxy.username ? { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` } : {}),
      },
      timeout: target.timeoutMs,
      signal,
    });
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) {
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode} to CONNECT ${destination}`));
    });
    request.once('timeout', () => request.destroy(new Error(`the proxy ${proxy.host} did not answer`)));
    request.once('error', reject);
    request.end();
  });
}

/**
 * The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY choose for a destination, as in Go's golang.org/x/net/http/httpproxy:
 * loopback is never proxied; NO_PROXY holds hosts, `.suffixes`, `host:port`, addresses, their ranges and `*`.
 */
export function proxyFor(
  host: string,
  port: number,
  isSecure: boolean,
  env: Readonly<Record<string, string | undefined>>,
): URL | undefined {
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return undefined;
  const none = env['NO_PROXY'] ?? env['no_proxy'] ?? '';
  for (const rule of none.split(',').map((part) => part.trim().toLowerCase())) {
    if (rule === '*' || rule === host || isInRange(host, rule)) return undefined;
    const [name = '', rulePort] = rule.split(':');
    if (!name || (rulePort && Number(rulePort) !== port)) continue;
    const suffix = name.startsWith('*.') ? name.slice(1) : name;
    const bare = suffix.startsWith('.') ? suffix.slice(1) : suffix;
    if ((host === bare && !suffix.startsWith('.')) || host.endsWith(`.${bare}`)) return undefined;
  }
  const value = isSecure ? (env['HTTPS_PROXY'] ?? env['https_proxy']) : (env['HTTP_PROXY'] ?? env['http_proxy']);
  if (!value) return undefined;
  return new URL(value.includes('://') ? value : `http://${value}`);
}

/** Whether the host is an address in a range such as `10.0.0.0/8` or `fd00::/8`. */
function isInRange(host: string, rule: string): boolean {
  const [address = '', length = '', more] = rule.split('/');
  const [family, hostFamily] = [net.isIP(address), net.isIP(host)];
  if (more !== undefined || family === 0 || family !== hostFamily || !/^\d{1,3}$/.test(length)) return false;
  if (Number(length) > (family === 4 ? 32 : 128)) return false;
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  const range = new net.BlockList();
  range.addSubnet(address, Number(length), kind);
  return range.check(host, kind);
}
