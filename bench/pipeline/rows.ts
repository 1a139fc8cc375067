// From runs to lines of the table.

import { QUEUES } from './configuration.ts';
import type { OverloadRun } from './measure-overload.ts';
import type { SteadyRun } from './measure-steady.ts';
import type { ThroughputRun } from './measure-throughput.ts';
import { median, short, type Row } from './report.ts';
import { OVERLOAD, READY, SECURITY_COST_MAX_PERCENT, STEADY, type ThroughputScenario } from './scenarios.ts';

type AgentName = ThroughputRun['agent'];

interface Measured {
  readonly agent: AgentName;
  readonly queue: string;
}

/** The median of a figure per queue variant; variants that were not run are absent. */
function medians<Run extends Measured>(runs: readonly Run[], agent: AgentName, figure: (run: Run) => number): number[] {
  return QUEUES.flatMap((queue) => {
    const values = runs.filter((run) => run.agent === agent && run.queue === queue).map(figure);
    return values.length > 0 ? [median(values)] : [];
  });
}

function perCpuSecond(run: ThroughputRun): number {
  return run.perCpuSecond;
}

export function throughputRow(scenario: ThroughputScenario, runs: readonly ThroughputRun[]): Row {
  const ours = medians(runs, 'genesis-agent', perCpuSecond);
  const peer = medians(runs, 'otelcol', perCpuSecond);
  const ratio = peer.length > 0 ? Math.max(...ours) / Math.max(...peer) : undefined;
  return {
    what: scenario.what,
    ours: ours.map(short).join(' / '),
    peer: peer.map(short).join(' / '),
    ratio: ratio === undefined ? '' : ratio.toFixed(2),
    must: `>= ${scenario.mustRatio}`,
    aim: String(scenario.aimRatio),
    reached: ratio === undefined ? undefined : ratio >= scenario.mustRatio,
  };
}

/** What TLS and tokens cost ours, by the same without them in the same runs. */
export function securityCostRow(scenario: ThroughputScenario, runs: readonly ThroughputRun[]): Row {
  const best = (wanted: readonly ThroughputRun[]): number =>
    Math.max(...medians(wanted, 'genesis-agent', perCpuSecond));
  const plain = best(runs.filter(({ secured }) => secured === undefined));
  const percent = 100 * (1 - best(runs.filter(({ secured }) => secured !== undefined)) / plain);
  return {
    what: `${scenario.what}: cost`,
    ours: `${percent.toFixed(1)} % of ${short(plain)}`,
    peer: '',
    ratio: '',
    must: `<= ${SECURITY_COST_MAX_PERCENT} %`,
    aim: '',
    reached: percent <= SECURITY_COST_MAX_PERCENT,
  };
}

export function steadyRows(runs: readonly SteadyRun[]): Row[] {
  const row = (
    what: string,
    unit: string,
    limits: { readonly must: number; readonly aim: number },
    figure: (run: SteadyRun) => number,
  ): Row => {
    const ours = medians(runs, 'genesis-agent', figure);
    const peer = medians(runs, 'otelcol', figure);
    const show = (values: readonly number[]): string =>
      values.map((value) => `${value.toFixed(1)} ${unit}`).join(' / ');
    return {
      what,
      ours: show(ours),
      peer: show(peer),
      ratio: '',
      must: `<= ${limits.must} ${unit}`,
      aim: `${limits.aim} ${unit}`,
      reached: Math.min(...ours) <= limits.must,
    };
  };
  return [
    row('10,000 spans/s, gRPC: CPU of a core', '%', STEADY.cpuPercent, (run) => run.cpuPercent),
    row('resident memory, idle', 'MiB', STEADY.idleMib, (run) => run.idleMib),
    row('resident memory, 10,000 spans/s', 'MiB', STEADY.loadedMib, (run) => run.loadedMib),
  ];
}

export function overloadRows(runs: readonly OverloadRun[]): Row[] {
  const ours = runs.find(({ agent }) => agent === 'genesis-agent');
  const peer = runs.find(({ agent }) => agent === 'otelcol');
  const row = (what: string, must: number, unit: string, figure: (run: OverloadRun) => number): Row => ({
    what: `overload: ${what}`,
    ours: ours ? `${figure(ours).toFixed(1)} ${unit}` : '',
    peer: peer ? `${figure(peer).toFixed(1)} ${unit}` : '',
    ratio: '',
    must: `<= ${must} ${unit}`,
    aim: '',
    reached: ours ? figure(ours) <= must : undefined,
  });
  const limit = Math.floor(OVERLOAD.limitMib * OVERLOAD.maxShareOfLimit);
  return [
    row('resident memory at most', limit, 'MiB', (run) => run.maxResidentMib),
    row('refusals that are final', 0, 'requests', (run) => run.finalRefusals),
    row('accepted and lost', 0, 'spans', (run) => run.lostSpans),
    row('last refusal after its end', OVERLOAD.recoverySeconds, 's', (run) => run.recoverySeconds),
  ];
}

function millis(value: number | undefined): string {
  return value === undefined ? '' : `${value.toFixed(0)} ms`;
}

export function readyRow(times: Readonly<Record<string, number>>): Row {
  const ours = times['genesis-agent'];
  return {
    what: 'ready after start, from dist',
    ours: millis(ours),
    peer: millis(times['otelcol']),
    ratio: '',
    must: `<= ${READY.mustMs} ms`,
    aim: `${READY.aimMs} ms`,
    reached: ours === undefined ? undefined : ours <= READY.mustMs,
  };
}
