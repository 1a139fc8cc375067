// The JSON twins of the pages.

import { type AdminResponse, json, text } from '../../pipeline/admin-http.ts';
import type { ComponentState, EngineView, StatusName } from '../../pipeline/component.ts';

const DEFAULT_DROPS = 100;
const MAX_DROPS = 2_000;

interface Member {
  readonly component: string;
  readonly status: StatusName | 'None';
  readonly reason?: string;
  readonly sinceUnixMs?: number;
}

/** Everything that is configured, with how it is. */
export function overview(engine: EngineView, nowUnixMs: number): object {
  const states = engine.states();
  const member = (component: string, pipeline?: string): Member => {
    const state = states.find((one) => one.component === component && (one.pipeline ?? pipeline) === pipeline);
    return state ? memberOf(state) : { component, status: 'None' };
  };
  return {
    version: engine.version,
    startedUnixMs: engine.startedUnixMs,
    nowUnixMs,
    pipelines: engine.pipelines().map(({ id, signal, receivers, processors, exporters }) => ({
      id,
      signal,
      receivers: receivers.map((component) => member(component)),
      processors: processors.map((component) => member(component, id)),
      exporters: exporters.map((component) => member(component)),
    })),
    extensions: states.filter(({ component }) => component.startsWith('extension:')).map(memberOf),
  };
}

function memberOf({ component, status, reason, sinceUnixMs }: ComponentState): Member {
  return { component, status, sinceUnixMs, ...(reason === undefined ? {} : { reason }) };
}

/** `trace_id`: those that hit the trace; `limit`: the newest so many. */
export async function dropsJson(engine: EngineView, query: URLSearchParams): Promise<AdminResponse> {
  const traceId = query.get('trace_id') ?? undefined;
  if (traceId !== undefined && !/^[0-9a-fA-F]{32}$/.test(traceId)) {
    return text(400, 'trace_id must be 32 hexadecimal digits\n');
  }
  const limit = Number(query.get('limit') ?? DEFAULT_DROPS);
  if (!Number.isInteger(limit) || limit < 1) return text(400, 'limit must be a number from 1\n');
  return json(200, (await engine.drops(traceId?.toLowerCase())).slice(0, Math.min(limit, MAX_DROPS)));
}
