// Sends the agent's own telemetry as OTLP over gRPC.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { tlsClientSettings } from '../settings/tls.ts';
import { GrpcClient } from '../transport/grpc-client.ts';
import { grpcStatusName } from '../transport/grpc-status.ts';
import { Dialer, grpcTarget } from '../transport/target.ts';
import { DEFAULT_TIMEOUT_MS, headersOf, isGzipped } from './http-exporter.ts';
import type { OwnExporter } from './running.ts';
import type { OtlpSettings } from './settings.ts';

const compress = promisify(gzip);
const MAX_RESPONSE_BYTES = 64 << 10;

/** Fails with TELEMETRY_EXPORT or TLS_MATERIAL. */
export async function grpcExporter(settings: OtlpSettings, method: string): Promise<OwnExporter> {
  const target = grpcTarget(settings.endpoint);
  const isSecure = target.secure ?? settings.insecure !== true;
  const isGzip = isGzipped(settings);
  const dialer = new Dialer({
    target,
    tls: isSecure ? tlsOf(settings) : undefined,
    alpn: 'h2',
    component: 'service:telemetry',
    onChange: () => client.reconnect(),
    onFailure: () => undefined,
  });
  await dialer.start();
  const client = new GrpcClient({
    connect: dialer.connect,
    authority: target.authority,
    secure: isSecure,
    headers: Object.fromEntries(
      Object.entries(headersOf(settings)).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    maxResponseBytes: MAX_RESPONSE_BYTES,
  });
  return {
    name: settings.endpoint,
    form: 'protobuf',
    timeoutMs: settings.timeout ?? DEFAULT_TIMEOUT_MS,
    async send(body, timeoutMs): Promise<void> {
      const sent = isGzip ? await compress(body) : body;
      const encoding = isGzip ? { encoding: 'gzip' } : {};
      const call = client.call({ path: method, chunks: [sent], bytes: sent.length, ...encoding });
      const timer = setTimeout(() => call.cancel(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      try {
        const { status, message } = await call.answer;
        if (status !== 0) throw new Error(`${settings.endpoint} answered ${grpcStatusName(status)}: ${message}`);
      } finally {
        clearTimeout(timer);
      }
    },
    async close(): Promise<void> {
      dialer.close();
      await client.close();
    },
  };
}

function tlsOf({ certificate = '', client_certificate: cert = '', client_key: key = '' }: OtlpSettings) {
  return tlsClientSettings.parse({ ca_file: certificate, cert_file: cert, key_file: key });
}
