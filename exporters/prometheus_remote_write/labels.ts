// From resource, scope and attributes to the labels of a series, by the rules of the collector's translator for remote write
// (contrib v0.161, pkg/translator/prometheusremotewrite). Done once per series.

import type { ResourceView, ScopeView } from '../../proto/otlp/envelope.ts';
import type { MetricView } from '../../proto/otlp/metrics.ts';
import { namingRules, prometheusName } from '../../pipeline/prometheus/naming.ts';
import { resourceLabelRuleOf, type ResourceLabelRule } from '../../pipeline/prometheus/resource-labels.ts';
import { instanceOf, isIdentifying, jobOf, type Texts, texts } from '../../proto/prometheus/attribute-texts.ts';
import { labelName, type NamingRules, unitName } from '../../proto/prometheus/names.ts';
import { compareTexts } from '../../proto/prometheus/remote-write/writer.ts';
import type { RemoteWriteConfig } from './config.ts';

/** What every series of a resource has. */
export interface ResourceLabels {
  readonly job: string | undefined;
  readonly instance: string | undefined;
  /** Attributes of the resource that count as the point's own. */
  readonly constants: Texts;
  /** Of the series that says the resource's attributes; undefined where there is none. */
  readonly targetInfo: readonly string[] | undefined;
}

/** The labels a series has besides its name, by name. */
export type BaseLabels = ReadonlyMap<string, string>;

export class LabelRules {
  readonly naming: NamingRules;
  readonly #external: Texts;
  readonly #resourceRule: ResourceLabelRule | undefined;
  readonly #saysScope: boolean;
  readonly #saysTarget: boolean;
  readonly #targetInfoName: string;

  constructor(config: RemoteWriteConfig) {
    this.naming = namingRules(config.translation_strategy, config.namespace, config.add_metric_suffixes);
    this.#resourceRule = resourceLabelRuleOf(config);
    this.#saysScope = !config.disable_scope_info;
    this.#saysTarget = config.target_info.enabled;
    // As it is, like before every other name.
    this.#targetInfoName = config.namespace === '' ? 'target_info' : `${config.namespace}_target_info`;
    const external = new Map<string, string>();
    for (const [key, value] of Object.entries(config.external_labels)) {
      const name = labelName(key, this.naming.utf8);
      if (name !== undefined) external.set(name, value);
    }
    this.#external = external;
  }

  /** The metric's name; undefined where nothing is left of it. */
  name(metric: MetricView): string | undefined {
    return prometheusName(metric, this.naming);
  }

  unit(metric: MetricView): string {
    return unitName(metric.unit, this.naming.utf8);
  }

  resource(view: ResourceView): ResourceLabels {
    const attributes = texts(view.attributes);
    const rule = this.#resourceRule;
    const constants = rule ? new Map([...attributes].filter(([key]) => rule(key))) : new Map<string, string>();
    const named = { job: jobOf(attributes), instance: instanceOf(attributes) };
    // A name that is empty is none, whatever its namespace.
    if (attributes.get('service.name') === '') named.job = undefined;
    return { ...named, constants, targetInfo: this.#targetInfo(attributes, named) };
  }

  /** Label names and values that the scope adds. */
  scope(view: ScopeView): Texts {
    const labels = new Map<string, string>();
    if (!this.#saysScope) return labels;
    this.#putScope(labels, 'name', view.name);
    this.#putScope(labels, 'version', view.version);
    for (const [key, value] of texts(view.attributes)) {
      if (key !== 'name' && key !== 'version' && key !== 'schema_url') this.#putScope(labels, key, value);
    }
    return labels;
  }

  /** Undefined where an attribute's name leaves no label name. */
  base(
    point: Texts,
    scope: Texts,
    { job, instance, constants }: Omit<ResourceLabels, 'targetInfo'>,
  ): BaseLabels | undefined {
    const { utf8 } = this.naming;
    const labels = new Map<string, string>();
    const attributes = constants.size === 0 ? point : new Map([...point, ...constants]);
    for (const [key, value] of [...attributes].toSorted(([a], [b]) => compareTexts(a, b))) {
      if (value === '') continue;
      const name = labelName(key, utf8);
      if (name === undefined) return undefined;
      const before = labels.get(name);
      if (before === undefined) labels.set(name, value);
      else if (before !== value) labels.set(name, `${before};${value}`);
    }
    if (job) labels.set('job', job);
    if (instance) labels.set('instance', instance);
    for (const [name, value] of this.#external) if (!labels.has(name)) labels.set(name, value);
    for (const [name, value] of scope) labels.set(name, value);
    return labels;
  }

  /**
   * What `base` and `namedLabels` add to the point's attributes, sorted; undefined where the resource has a say in them as
   * well. `givesWay`: an attribute of that name takes its place.
   */
  fixed(
    name: string,
    scope: Texts,
    { job, instance, constants }: Omit<ResourceLabels, 'targetInfo'>,
  ): readonly { readonly name: string; readonly value: string; readonly givesWay: boolean }[] | undefined {
    if (constants.size > 0) return undefined;
    const labels = new Map([...this.#external].map(([key, value]) => [key, { value, givesWay: true }]));
    if (job) labels.set('job', { value: job, givesWay: false });
    if (instance) labels.set('instance', { value: instance, givesWay: false });
    for (const [key, value] of scope) labels.set(key, { value, givesWay: false });
    labels.set('__name__', { value: name, givesWay: false });
    return [...labels]
      .map(([key, label]) => ({ name: key, ...label }))
      .toSorted((a, b) => compareTexts(a.name, b.name));
  }

  #putScope(labels: Map<string, string>, key: string, value: string): void {
    const name = labelName(`otel_scope_${key}`, this.naming.utf8);
    // A label without a value is none.
    if (name !== undefined && value !== '') labels.set(name, value);
  }

  #targetInfo(
    attributes: Texts,
    named: { job: string | undefined; instance: string | undefined },
  ): readonly string[] | undefined {
    if (!this.#saysTarget) return undefined;
    const others = new Map([...attributes].filter(([key]) => !isIdentifying(key)));
    if (others.size === 0) return undefined;
    const labels = this.base(others, NO_TEXTS, { ...named, constants: NO_TEXTS });
    if (!labels || !(labels.has('job') || labels.has('instance'))) return undefined;
    return namedLabels(this.#targetInfoName, labels);
  }
}

const NO_TEXTS: Texts = new Map();

/** Names and values by turns, sorted, with the name of the series and maybe one label more, which take others' places. */
export function namedLabels(name: string, base: BaseLabels, extraName = '', extraValue = ''): readonly string[] {
  const labels = new Map(base);
  if (extraName !== '') labels.set(extraName, extraValue);
  labels.set('__name__', name);
  return [...labels].toSorted(([a], [b]) => compareTexts(a, b)).flat();
}
