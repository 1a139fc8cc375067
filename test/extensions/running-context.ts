// What extension tests give an extension: the real listener pool, status board, log and drops; pipelines as written here.

import { Admission } from '../../pipeline/admission.ts';
import type { EngineView, ExtensionContext, Figure, PipelineState, ReloadResult } from '../../pipeline/component.ts';
import { StatusBoard } from '../../pipeline/graph/status.ts';
import { SharedListenerPool } from '../../pipeline/listener-pool.ts';
import { SharedMemory } from '../../pipeline/shared-memory.ts';
import { OwnTelemetry } from '../../pipeline/own-telemetry/own-telemetry.ts';
import { ownResource } from '../../pipeline/own-telemetry/settings.ts';

export const PIPELINES: readonly PipelineState[] = [
  {
    id: 'traces/front',
    signal: 'traces',
    receivers: ['receiver:otlp'],
    processors: ['processor:batch'],
    exporters: ['exporter:otlp_http/far', 'connector:count'],
  },
  {
    id: 'metrics',
    signal: 'metrics',
    receivers: ['connector:count'],
    processors: [],
    exporters: ['exporter:debug'],
  },
];

/** The status board's keys of everything in `PIPELINES`. */
export const KEYS = [
  'receiver:otlp',
  'processor:batch@traces/front',
  'exporter:otlp_http/far',
  'connector:count',
  'exporter:debug',
] as const;

export interface RunningContext {
  readonly context: ExtensionContext;
  readonly status: StatusBoard;
  readonly telemetry: OwnTelemetry;
  readonly clock: { now: number };
  readonly figures: Figure[];
  /** What the next reload answers, and how many were asked for. */
  readonly reload: { result: ReloadResult; count: number };
  readonly gates: Set<string>;
}

export const START_UNIX_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

export function runningContext(id: string): RunningContext {
  const clock = { now: START_UNIX_MS };
  const now = (): number => clock.now;
  const status = new StatusBoard(now);
  const telemetry = new OwnTelemetry({
    settings: { logs: { output_paths: [] } },
    resource: ownResource({ version: '0.1.0', instanceId: 'test' }),
    now,
    sampleTraceIds: () => [],
  });
  const figures: Figure[] = [];
  const reload = { result: { applied: true, messages: ['kept 5'] }, count: 0 };
  const gates = new Set<string>();
  const engine: EngineView = {
    startedUnixMs: START_UNIX_MS,
    version: '0.1.0',
    pipelines: () => PIPELINES,
    states: () => status.all(),
    figures: async () => [...telemetry.figures(), ...figures],
    drops: (traceId) => Promise.resolve(telemetry.drops.recent(traceId)),
    recentErrors: () => telemetry.logs.recentErrors(),
    configuration: () => 'exporters:\n  otlp_http/far:\n    headers:\n      token: "[REDACTED]"\n',
    reload: async () => {
      reload.count += 1;
      return reload.result;
    },
    featureGates: () =>
      [...gates].map((gate) => ({ id: gate, enabled: true, stage: 'alpha', description: 'For <tests> & such.' })),
    onState: (listener) => status.listen(listener),
  };
  const memory = new SharedMemory();
  const context: ExtensionContext = {
    id,
    kind: 'extension',
    log: telemetry.loggerFor({ kind: 'extension', id }),
    metrics: telemetry.metricsFor('extension', id),
    drops: telemetry.drops,
    admission: new Admission(64 << 20),
    listeners: new SharedListenerPool(),
    now,
    steadyNow: now,
    random: () => 0.5,
    status: (name, reason) => status.set(`extension:${id}`, name, reason),
    extension: () => undefined,
    engine,
    sharedMemory: (bytes) => memory.of(id, bytes),
  };
  return { context, status, telemetry, clock, figures, reload, gates };
}

/** Everything in `PIPELINES` is in this state. */
export function setAll(status: StatusBoard, name: Parameters<StatusBoard['set']>[1]): void {
  for (const key of KEYS) status.set(key, name);
}
