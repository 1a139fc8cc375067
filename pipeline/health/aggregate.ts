// The health of pipelines and of the whole, from the states of the components: the rules of the collector's status
// aggregation (contrib pkg/status).

import type { ComponentState, EngineView, PipelineState, StatusName } from '../component.ts';

export type HealthStatus = StatusName | 'None';

/** The status of something, and of its parts. */
export interface Health {
  readonly status: HealthStatus;
  readonly reason?: string;
  /** Of an error when it began; otherwise of the latest change. */
  readonly sinceUnixMs: number;
  /** `pipeline:traces`, `extensions`, and in them `receiver:otlp`. */
  readonly parts: ReadonlyMap<string, Health>;
}

/** Which kind of error wins where both are present. */
export type ErrorPriority = 'permanent' | 'recoverable';

/**
 * The health of everything; `None` while no component has reported. While no pipeline has, the agent is starting, however
 * well its extensions are: they start first.
 */
export function aggregateHealth(
  engine: Pick<EngineView, 'states' | 'pipelines' | 'startedUnixMs'>,
  priority: ErrorPriority,
): Health {
  const states = engine.states();
  const parts = new Map<string, Health>();
  let hasPipeline = false;
  for (const pipeline of engine.pipelines()) {
    const members = states.filter((state) => isPartOf(pipeline, state));
    if (members.length === 0) continue;
    parts.set(`pipeline:${pipeline.id}`, combine(partsOf(members), priority));
    hasPipeline = true;
  }
  const extensions = states.filter(({ component }) => component.startsWith('extension:'));
  if (extensions.length > 0) parts.set('extensions', combine(partsOf(extensions), priority));
  if (parts.size === 0) return { status: 'None', sinceUnixMs: engine.startedUnixMs, parts };
  const whole = combine(parts, priority);
  return hasPipeline || whole.status !== 'OK' ? whole : { ...whole, status: 'Starting' };
}

/** The part a query asks for: empty for everything, `extensions`, or a pipeline; undefined when there is none. */
export function healthOf(whole: Health, scope: string): Health | undefined {
  if (scope === '') return whole;
  return whole.parts.get(scope === 'extensions' ? scope : `pipeline:${scope}`);
}

function isPartOf(pipeline: PipelineState, { component, pipeline: of }: ComponentState): boolean {
  if (of !== undefined) return of === pipeline.id;
  return pipeline.receivers.includes(component) || pipeline.exporters.includes(component);
}

function partsOf(states: readonly ComponentState[]): Map<string, Health> {
  return new Map(
    states.map(({ component, status, reason, sinceUnixMs }) => [
      component,
      { status, sinceUnixMs, parts: new Map(), ...(reason === undefined ? {} : { reason }) },
    ]),
  );
}

function combine(parts: ReadonlyMap<string, Health>, priority: ErrorPriority): Health {
  const all = [...parts.values()];
  const status = combineStatus(new Set(all.map((part) => part.status)), priority);
  const same = all.filter((part) => part.status === status);
  const byTime = same.toSorted((a, b) => a.sinceUnixMs - b.sinceUnixMs);
  // An error is as old as its first occurrence; everything else as young as the last change.
  const first = isError(status) ? byTime[0] : undefined;
  if (first) return { ...first, parts };
  return { status, sinceUnixMs: Math.max(...all.map((part) => part.sinceUnixMs)), parts };
}

function isError(status: HealthStatus): boolean {
  return status === 'RecoverableError' || status === 'PermanentError' || status === 'FatalError';
}

function combineStatus(seen: ReadonlySet<HealthStatus>, priority: ErrorPriority): HealthStatus {
  const [only] = seen;
  if (only !== undefined && seen.size === 1) return only;
  if (seen.has('FatalError')) return 'FatalError';
  if (seen.has('Starting')) return 'Starting';
  if (seen.has('Stopping') || seen.has('Stopped')) return 'Stopping';
  const errors: readonly HealthStatus[] =
    priority === 'permanent' ? ['PermanentError', 'RecoverableError'] : ['RecoverableError', 'PermanentError'];
  return errors.find((error) => seen.has(error)) ?? 'None';
}
