// What tests of the detectors share: a metadata service as its cloud has it, and one detection in given surroundings.

import type { OutgoingHttpHeaders } from 'node:http';
import type { ComponentLogger } from '../../../pipeline/telemetry.ts';
import type { Surroundings } from '../../../processors/resource_detection/detected.ts';
import { detectAll } from '../../../processors/resource_detection/detection.ts';
import resourceDetection from '../../../processors/resource_detection/index.ts';
import { settingsOf } from '../../support/processor.ts';
import { smallServer, type Asked, type SmallServer } from '../../support/small-server.ts';

/** A text, or a status with headers; undefined: 404. */
export type Said = string | { readonly status: number; readonly headers?: OutgoingHttpHeaders; readonly body?: string };

export function service(say: (asked: Asked) => Said | undefined, socketPath?: string): Promise<SmallServer> {
  return smallServer((asked) => {
    const said = say(asked);
    if (said === undefined) return { status: 404, body: '' };
    return typeof said === 'string' ? { body: said } : { body: '', ...said };
  }, socketPath);
}

/** A port on which nobody listens, so that every service is missing. */
const NOBODY = 'http://127.0.0.1:1';

export function place(changes: Partial<Surroundings> = {}): Surroundings {
  return {
    env: {},
    root: '/nowhere',
    hostname: 'host',
    services: { ec2: NOBODY, gcp: NOBODY, azure: NOBODY },
    dockerSocket: '/nowhere/docker.sock',
    ...changes,
  };
}

export interface Outcome {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly schemaUrl: string | undefined;
  /** Lines of the log. */
  readonly lines: readonly string[];
}

/** Fails as detection does. */
export async function detect(yaml: string, surroundings: Surroundings): Promise<Outcome> {
  const lines: string[] = [];
  const line = (fields: object, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  const log: ComponentLogger = { debug() {}, info: line, warn: line, error: line };
  const { attributes, schemaUrl } = await detectAll({
    config: settingsOf(resourceDetection.config, yaml),
    surroundings,
    log,
    silent: new Set(),
    random: () => 0,
    stopped: new AbortController().signal,
  });
  return { attributes: Object.fromEntries(attributes), schemaUrl, lines };
}
