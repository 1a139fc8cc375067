// Which of the agent's own traces are kept: the samplers of `service.telemetry.traces.sampler`, as in OpenTelemetry's SDKs.

import { AgentError } from '../errors.ts';
import { SAMPLED, type SpanContext } from '../spans.ts';
import type { SamplerSettings } from './settings.ts';

/** Whether a span of this trace is recorded; `parent` is the span it belongs to. */
export type Sampler = (traceId: string, parent: SpanContext | undefined) => boolean;

const always: Sampler = () => true;
const never: Sampler = () => false;

/** Without settings: what the calling side decided, else always. Fails with TELEMETRY_EXPORT. */
export function samplerOf(settings: SamplerSettings | undefined): Sampler {
  if (!settings) return parentBased({});
  if (settings.parent_based) return parentBased(settings.parent_based);
  if (settings.always_off) return never;
  if (settings.always_on) return always;
  if (settings.trace_id_ratio_based) return ratioBased(settings.trace_id_ratio_based.ratio ?? 1);
  const seen = Object.keys(settings).join(', ') || 'nothing';
  throw new AgentError(
    'TELEMETRY_EXPORT',
    `a sampler is one of parent_based, always_on, always_off and trace_id_ratio_based; found ${seen}`,
    { path: 'service::telemetry::traces::sampler', mend: 'write one with a value, such as sampler: {always_on: {}}' },
  );
}

function parentBased(settings: NonNullable<SamplerSettings['parent_based']>): Sampler {
  const of = (inner: SamplerSettings | undefined, otherwise: Sampler): Sampler =>
    inner ? samplerOf(inner) : otherwise;
  const root = of(settings.root, always);
  const remoteSampled = of(settings.remote_parent_sampled, always);
  const remoteNotSampled = of(settings.remote_parent_not_sampled, never);
  const localSampled = of(settings.local_parent_sampled, always);
  const localNotSampled = of(settings.local_parent_not_sampled, never);
  return (traceId, parent) => {
    if (!parent) return root(traceId, parent);
    const isSampled = (parent.traceFlags & SAMPLED) !== 0;
    if (parent.isRemote === true) return (isSampled ? remoteSampled : remoteNotSampled)(traceId, parent);
    return (isSampled ? localSampled : localNotSampled)(traceId, parent);
  };
}

/** The share of traces whose id's last 63 bits lie below it, as the collector's SDK has it: all agents keep the same. */
function ratioBased(ratio: number): Sampler {
  if (ratio >= 1) return always;
  if (!(ratio > 0)) return never;
  const bound = BigInt(Math.floor(ratio * 2 ** 63));
  return (traceId) => BigInt(`0x${traceId.slice(16)}`) >> 1n < bound;
}
