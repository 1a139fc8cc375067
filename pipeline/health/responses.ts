// What the health checks answer: the collector's status codes and JSON.

import { type AdminResponse, json } from '../admin-http.ts';
import { formatDuration } from '../schema.ts';
import type { Health, HealthStatus } from './aggregate.ts';
import type { ComponentHealthSettings, HealthCheckSettings } from './settings.ts';

const STATUS_CODES: Readonly<Record<HealthStatus, number>> = {
  None: 503,
  Starting: 503,
  OK: 200,
  RecoverableError: 200,
  PermanentError: 200,
  FatalError: 500,
  Stopping: 503,
  Stopped: 503,
};

/** Whether the simple check calls this available: errors of components do not count, only starting and stopping. */
export function isAvailable(status: HealthStatus): boolean {
  return STATUS_CODES[status] === 200;
}

/** The simple check; `upSinceUnixMs` undefined: not available. */
export function simpleResponse(
  upSinceUnixMs: number | undefined,
  nowUnixMs: number,
  bodies: HealthCheckSettings['response_body'],
): AdminResponse {
  const status = upSinceUnixMs === undefined ? 503 : 200;
  if (bodies) {
    const body = upSinceUnixMs === undefined ? bodies.unhealthy : bodies.healthy;
    return { status, type: 'text/plain; charset=utf-8', body };
  }
  if (upSinceUnixMs === undefined) {
    return json(status, { status: 'Server not available', upSince: '0001-01-01T00:00:00Z', uptime: '' });
  }
  return json(status, {
    status: 'Server available',
    upSince: new Date(upSinceUnixMs).toISOString(),
    uptime: formatDuration(nowUnixMs - upSinceUnixMs),
  });
}

/** Whether `component_health` calls this healthy. Without that section every status but its code says nothing. */
export function isHealthy(health: Health, rules: ComponentHealthSettings | undefined, nowUnixMs: number): boolean {
  if (!rules) return true;
  if (health.status === 'PermanentError') return !rules.include_permanent_errors;
  if (health.status === 'RecoverableError' && rules.include_recoverable_errors) {
    return nowUnixMs < health.sinceUnixMs + rules.recovery_duration;
  }
  return health.status !== 'FatalError';
}

export interface StatusQuestion {
  readonly health: Health;
  readonly startedUnixMs: number;
  readonly nowUnixMs: number;
  readonly rules: ComponentHealthSettings | undefined;
  readonly verbose: boolean;
}

/** The v2 status. */
export function statusResponse(question: StatusQuestion): AdminResponse {
  const { health, rules, nowUnixMs, startedUnixMs } = question;
  const code = isHealthy(health, rules, nowUnixMs) ? STATUS_CODES[health.status] : 500;
  return json(code, { start_time: new Date(startedUnixMs).toISOString(), ...statusJson(health, question) });
}

function statusJson(health: Health, question: StatusQuestion): object {
  const { rules, nowUnixMs, verbose } = question;
  const parts = [...health.parts].map(([name, part]) => [name, statusJson(part, question)] as const);
  return {
    healthy: isHealthy(health, rules, nowUnixMs),
    status: `Status${health.status}`,
    ...(health.reason === undefined ? {} : { error: health.reason }),
    status_time: new Date(health.sinceUnixMs).toISOString(),
    attributes: {},
    ...(verbose && parts.length > 0 ? { components: Object.fromEntries(parts) } : {}),
  };
}
