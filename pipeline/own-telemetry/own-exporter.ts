// Where the agent's own telemetry goes: the one exporter that a reader or processor of `service.telemetry` names.

import { writeSync } from 'node:fs';
import { GRPC_METHODS, HTTP_PATHS } from '../../proto/otlp/endpoints.ts';
import { AgentError } from '../errors.ts';
import type { OwnExporter } from './running.ts';
import type { OtlpSettings } from './settings.ts';

/** `path` is where the exporter is configured. Fails with TELEMETRY_EXPORT or TLS_MATERIAL. */
export async function makeOwnExporter(
  signal: 'metrics' | 'logs' | 'traces',
  exporter: { readonly otlp?: OtlpSettings | undefined; readonly console?: unknown },
  path: string,
): Promise<OwnExporter> {
  const { otlp, console } = exporter;
  if ((otlp === undefined) === (console === undefined)) {
    const seen = otlp === undefined ? 'none' : 'both';
    throw new AgentError('TELEMETRY_EXPORT', `an exporter is one of otlp and console; found ${seen}`, { path });
  }
  if (!otlp) return CONSOLE;
  if (otlp.protocol === 'http/protobuf') {
    const { httpExporter } = await import('./http-exporter.ts');
    return httpExporter(otlp, HTTP_PATHS[signal]);
  }
  if (otlp.protocol === 'grpc') {
    const { grpcExporter } = await import('./grpc-exporter.ts');
    return grpcExporter(otlp, GRPC_METHODS[signal]);
  }
  throw new AgentError('TELEMETRY_EXPORT', `"${otlp.protocol}" is not a protocol; expected http/protobuf or grpc`, {
    path,
  });
}

/** One line of OTLP/JSON per export, on the standard output. */
const CONSOLE: OwnExporter = {
  name: 'console',
  form: 'json',
  timeoutMs: 1_000,
  send: async (body) => void writeSync(1, Buffer.concat([body, Buffer.from('\n')])),
  close: () => Promise.resolve(),
};
