// Feature gates: what can be switched on or off at start, as in the collector.

import type { FeatureGateState } from './component.ts';
import { AgentError } from './errors.ts';
import { nearestName } from './config/nearest.ts';

export const GATES = {
  'confmap.enableMergeAppendOption': {
    stage: 'alpha',
    enabled: false,
    description:
      'Join the lists service::extensions and the receivers and exporters of pipelines when several configurations are merged, instead of replacing them.',
  },
  'service.AllowNoPipelines': {
    stage: 'alpha',
    enabled: false,
    description: 'Allow a configuration without pipelines.',
  },
  'service.profilesSupport': {
    stage: 'alpha',
    enabled: false,
    description: 'Allow pipelines for profiles.',
  },
} as const satisfies Readonly<Record<string, Omit<FeatureGateState, 'id'>>>;

export type FeatureGate = keyof typeof GATES;

/**
 * Gates of the collector that ask for something that is always, or never, so here; setting them changes nothing and is
 * no error, so that a command line can be taken over as it is.
 */
const IGNORED_GATES: ReadonlySet<string> = new Set([
  'exporter.file.nativeCompression',
  'exporter.prometheusexporter.DisableAddMetricSuffixes',
  'exporter.prometheusremotewrite.DisableResourceToTelemetryConversion',
  'exporter.prometheusremotewritexporter.EnableMultipleWorkers',
  'exporter.prometheusremotewritexporter.RetryOn429',
  'exporter.prometheusremotewritexporter.enableSendingRW2',
  'exporter.prometheusremotewritexporter.removeTopLevelHTTPSettings',
  'extension.healthcheck.useComponentStatus',
  'filter.filterlog.useOTTLBridge',
  'filter.filtermetric.useOTTLBridge',
  'filter.filterspan.useOTTLBridge',
  'hostmetrics.process.bootTimeCache',
  'ottl.PanicDuplicateName',
  'ottl.contexts.enableOTelColContext',
  'ottl.functions.enableLambda',
  'ottl.set.allowNil',
  'pdata.useProtoPooling',
  'pkg.exporterhelper.queueBatchEnabled',
  'processor.filter.defaultErrorModeIgnore',
  'receiver.hostmetricsreceiver.UseLinuxMemAvailable',
  'receiverhelper.newReceiverMetrics',
  'service.partialReload',
  'service.partialReloadReceivers',
  'telemetry.newPipelineTelemetry',
]);

/** Which gates are on. */
export class FeatureGates {
  readonly #enabled: ReadonlySet<string>;
  /** Gates of the collector that were named but change nothing here. */
  readonly ignored: readonly string[];

  constructor(enabled: ReadonlySet<string>, ignored: readonly string[]) {
    this.#enabled = enabled;
    this.ignored = ignored;
  }

  isEnabled(gate: FeatureGate): boolean {
    return this.#enabled.has(gate);
  }

  /** All gates with their state, by name. */
  all(): FeatureGateState[] {
    return Object.entries(GATES)
      .map(([id, gate]) => ({ ...gate, id, enabled: this.#enabled.has(id) }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }
}

/** Takes the value of `--feature-gates`, such as `a,+b,-c`; fails on a gate that does not exist. */
export function parseFeatureGates(text: string): FeatureGates {
  const enabled = new Set<string>(Object.entries(GATES).flatMap(([id, gate]) => (gate.enabled ? [id] : [])));
  const ignored: string[] = [];
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue;
    const off = item.startsWith('-');
    const id = off || item.startsWith('+') ? item.slice(1) : item;
    if (IGNORED_GATES.has(id)) ignored.push(id);
    else if (!isGate(id)) throw unknownGate(id);
    else if (off) enabled.delete(id);
    else enabled.add(id);
  }
  return new FeatureGates(enabled, ignored);
}

function isGate(id: string): id is FeatureGate {
  return Object.hasOwn(GATES, id);
}

function unknownGate(id: string): AgentError {
  const near = nearestName(id, Object.keys(GATES));
  const hint = near === undefined ? `known are ${Object.keys(GATES).join(', ')}` : `did you mean "${near}"?`;
  return new AgentError('FEATURE_GATE_UNKNOWN', `there is no feature gate "${id}"; ${hint}`);
}
