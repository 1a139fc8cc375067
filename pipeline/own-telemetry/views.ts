// `service.telemetry.metrics.views`: which metrics are shown, under what name, with which labels and buckets. Everything
// goes on being counted as it is; a view changes what readers see.

import { AgentError } from '../errors.ts';
import type { ComponentLogger, MetricOptions } from '../telemetry.ts';
import { instrumentTypeOf, scopeNameOf, type InstrumentType } from './instruments.ts';
import {
  addPart,
  partOf,
  type AnySeries,
  type Family,
  type Labels,
  type MetricViews,
  type SeriesPart,
} from './metric-store.ts';
import type { ViewSettings } from './settings.ts';

type Aggregation =
  | { readonly kind: 'default' | 'drop' | 'last_value' | 'sum' | 'exponential' }
  | { readonly kind: 'explicit'; readonly bounds: readonly number[] };

interface View {
  readonly matches: (instrument: Instrument) => boolean;
  readonly name: string;
  readonly description: string;
  readonly aggregation: Aggregation;
  readonly keepsLabel: ((name: string) => boolean) | undefined;
}

interface Instrument {
  readonly name: string;
  readonly type: InstrumentType;
  readonly unit: string;
}

const PATH = 'service::telemetry::metrics::views';

/** Fails with TELEMETRY_VIEW where the collector would not start; what else has no effect is logged, once. */
export class Views implements MetricViews {
  readonly #views: readonly View[];
  readonly #log: ComponentLogger | undefined;
  readonly #said = new Set<string>();

  /** Without a log nothing is said: further threads only count as the views want. */
  constructor(settings: readonly ViewSettings[], log?: ComponentLogger) {
    this.#log = log;
    this.#views = settings.flatMap((one, index) => this.#viewOf(one, `${PATH}[${index}]`));
  }

  boundsFor(options: MetricOptions, given: readonly number[]): readonly number[] {
    const { name, unit = '' } = options;
    for (const { aggregation, matches } of this.#views) {
      if (aggregation.kind === 'explicit' && matches({ name, type: 'histogram', unit })) return aggregation.bounds;
    }
    return given;
  }

  apply(families: readonly Family[]): readonly Family[] {
    const shown = new Map<string, Family>();
    for (const family of families) {
      const instrument = { name: family.name, type: instrumentTypeOf(family), unit: family.unit };
      const views = this.#views.filter(({ matches }) => matches(instrument));
      const streams = views.length === 0 ? [family] : views.flatMap((view) => this.#stream(family, instrument, view));
      for (const stream of streams) {
        const known = shown.get(stream.name);
        if (!known) shown.set(stream.name, stream);
        else if (known.scope !== stream.scope || known.type !== stream.type || views.length > 1) {
          this.#sayOnce(stream.name, 'Two views give metrics one name; only the first is shown.');
        } else shown.set(stream.name, { ...known, series: new Map([...stream.series, ...known.series]) });
      }
    }
    return [...shown.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  #stream(family: Family, instrument: Instrument, view: View): Family[] {
    const { aggregation } = view;
    const type = this.#typeOf(family, instrument, aggregation);
    if (type === undefined) return [];
    const series = new Map<string, AnySeries>();
    for (const one of family.series.values()) {
      const part = aggregated(partOf(one), type, this.#boundsShown(family.name, aggregation));
      addPart(
        series,
        { ...part, labels: keptLabels(part.labels, view.keepsLabel) },
        instrument.type === 'observable_gauge',
      );
    }
    return [
      {
        ...family,
        name: view.name === '' ? family.name : view.name,
        help: view.description === '' ? family.help : view.description,
        scope: family.scope ?? scopeNameOf(family.name),
        type,
        series,
      },
    ];
  }

  /** The kind of what is shown; undefined for nothing. What fits what follows OpenTelemetry's SDK for Go. */
  #typeOf(family: Family, instrument: Instrument, { kind }: Aggregation): Family['type'] | undefined {
    if (kind === 'drop') return undefined;
    const isGauge = instrument.type === 'observable_gauge';
    if ((kind === 'sum' && isGauge) || (kind === 'last_value' && !isGauge)) {
      this.#sayOnce(family.name, 'The aggregation of a view does not fit this metric, so it is left out.');
      return undefined;
    }
    if (kind === 'sum' && family.type === 'histogram') return 'counter';
    if (kind === 'explicit' && family.type !== 'histogram') {
      this.#sayOnce(
        family.name,
        'A view asks for a histogram of a metric that is no distribution here; it stays as it is.',
      );
    }
    if (kind === 'exponential') {
      this.#sayOnce(
        family.name,
        'A view asks for an exponential histogram, which is not built; the metric stays as it is.',
      );
    }
    return family.type;
  }

  #boundsShown(
    metric: string,
    aggregation: Aggregation,
  ): ((recorded: readonly number[]) => readonly number[]) | undefined {
    if (aggregation.kind !== 'explicit') return undefined;
    const { bounds } = aggregation;
    return (recorded) => {
      if (bounds.every((bound) => recorded.includes(bound))) return bounds;
      this.#sayOnce(metric, 'Two views ask for different buckets of one metric; those of the first are counted.');
      return recorded;
    };
  }

  #sayOnce(metric: string, message: string): void {
    const key = `${metric} ${message}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#log?.warn({ path: PATH, metric }, message);
  }

  #viewOf({ selector, stream = {} }: ViewSettings, path: string): View[] {
    const { instrument_name: pattern = '', instrument_type: type, unit = '' } = selector ?? {};
    const { meter_name: scope = '', meter_version: version = '', meter_schema_url: schema = '' } = selector ?? {};
    if (pattern === '' && type === undefined && unit === '' && scope === '' && version === '' && schema === '') {
      throw new AgentError('TELEMETRY_VIEW', 'a view needs a selector that names something', {
        path: `${path}::selector`,
        mend: 'add selector: {instrument_name: "otelcol_exporter_*"} or the like',
      });
    }
    const { name = '', description = '' } = stream;
    const isPattern = /[*?]/.test(pattern);
    if (isPattern && name !== '') {
      this.#log?.warn({ path, pattern }, 'No effect: a view can not give several metrics one name.');
      return [];
    }
    const nameMatches = nameMatcher(pattern, isPattern);
    return [
      {
        // The collector's own scopes have neither a version nor a schema.
        matches: (instrument) =>
          nameMatches(instrument.name) &&
          (type === undefined || instrument.type === type) &&
          (unit === '' || instrument.unit === unit) &&
          (scope === '' || scopeNameOf(instrument.name) === scope) &&
          version === '' &&
          schema === '',
        name,
        description,
        aggregation: this.#aggregationOf(stream.aggregation, path),
        keepsLabel: labelFilter(stream.attribute_keys, path),
      },
    ];
  }

  /** Of several the first, in the order of otelconf. */
  #aggregationOf(settings: NonNullable<ViewSettings['stream']>['aggregation'], path: string): Aggregation {
    if (!settings) return { kind: 'default' };
    if (settings.base2_exponential_bucket_histogram) return { kind: 'exponential' };
    if (settings.default) return { kind: 'default' };
    if (settings.drop) return { kind: 'drop' };
    if (settings.explicit_bucket_histogram) {
      const bounds = settings.explicit_bucket_histogram.boundaries ?? [];
      if (bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? bound))) {
        return { kind: 'explicit', bounds };
      }
      this.#log?.warn({ path }, 'No effect: the boundaries of a histogram must grow.');
      return { kind: 'default' };
    }
    if (settings.last_value) return { kind: 'last_value' };
    return { kind: settings.sum ? 'sum' : 'default' };
  }
}

function nameMatcher(pattern: string, isPattern: boolean): (name: string) => boolean {
  if (pattern === '') return () => true;
  if (!isPattern) return (name) => name === pattern;
  const text = RegExp.escape(pattern)
    .replaceAll(String.raw`\*`, '.*')
    .replaceAll(String.raw`\?`, '.');
  const expression = new RegExp(`^(?:${text})$`, 's');
  return (name) => expression.test(name);
}

/** Fails with TELEMETRY_VIEW. */
function labelFilter(
  keys: NonNullable<ViewSettings['stream']>['attribute_keys'],
  path: string,
): ((name: string) => boolean) | undefined {
  if (!keys) return undefined;
  const included = new Set(keys.included);
  const excluded = new Set(keys.excluded);
  const both = [...included].find((key) => excluded.has(key));
  if (both !== undefined) {
    throw new AgentError('TELEMETRY_VIEW', `"${both}" can not be both included and excluded`, {
      path: `${path}::stream::attribute_keys`,
    });
  }
  return (name) => !excluded.has(name) && (included.size === 0 || included.has(name));
}

function keptLabels(labels: Labels, keeps: View['keepsLabel']): Labels {
  return keeps ? Object.fromEntries(Object.entries(labels).filter(([name]) => keeps(name))) : labels;
}

function aggregated(
  part: SeriesPart,
  type: Family['type'],
  boundsShown: ((recorded: readonly number[]) => readonly number[]) | undefined,
): SeriesPart {
  if ('value' in part) return part;
  if (type !== 'histogram') return { labels: part.labels, value: part.sum };
  if (!boundsShown) return part;
  const bounds = boundsShown(part.bounds);
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  let into = 0;
  for (const [index, count] of part.counts.entries()) {
    // The recorded bucket ends at or below the shown one's bound, because every shown bound is a recorded one.
    const upper = part.bounds[index] ?? Number.POSITIVE_INFINITY;
    while (into < bounds.length && (bounds[into] ?? 0) < upper) into += 1;
    counts[into] = (counts[into] ?? 0) + count;
  }
  return { ...part, bounds, counts };
}
