// From OpenTelemetry's names and attributes to a Prometheus family and its labels: done once per series.

import type { ScopeView, ResourceView } from '../../proto/otlp/envelope.ts';
import type { MetricView } from '../../proto/otlp/metrics.ts';
import { instanceOf, isIdentifying, jobOf, type Texts, texts } from '../../proto/prometheus/attribute-texts.ts';
import { labelName, type NamingRules } from '../../proto/prometheus/names.ts';
import { namingRules, prometheusName, targetInfoName } from '../../pipeline/prometheus/naming.ts';
import { resourceLabelRuleOf, type ResourceLabelRule } from '../../pipeline/prometheus/resource-labels.ts';
import type { PrometheusConfig } from './config.ts';
import type { FamilyType } from './series-store.ts';

export interface TranslatedResource {
  readonly job: string | undefined;
  readonly instance: string | undefined;
  /** What the series of this resource have besides their own attributes. */
  readonly constants: Texts;
  /** The labels of `target_info`; undefined where it has none. */
  readonly targetLabels: readonly string[] | undefined;
  /** `job` and `instance` as one text; undefined where one of them is missing. */
  readonly targetKey: string | undefined;
}

export interface TranslatedScope {
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: Texts;
}

export class Translation {
  readonly targetInfoName: string;
  readonly #rules: NamingRules;
  readonly #constants: readonly (readonly [string, string])[];
  readonly #resourceRule: ResourceLabelRule | undefined;
  readonly #saysScope: boolean;

  constructor(config: PrometheusConfig) {
    this.#rules = namingRules(config.translation_strategy, config.namespace);
    this.#constants = Object.entries(config.const_labels);
    this.#saysScope = !config.without_scope_info;
    this.#resourceRule = resourceLabelRuleOf(config);
    this.targetInfoName = targetInfoName(this.#rules);
  }

  /** Undefined where nothing is left of the name. */
  name(metric: MetricView): string | undefined {
    return prometheusName(metric, this.#rules);
  }

  resource(view: ResourceView): TranslatedResource {
    const attributes = texts(view.attributes);
    const job = jobOf(attributes);
    const instance = instanceOf(attributes);
    const rule = this.#resourceRule;
    const constants = rule ? new Map([...attributes].filter(([key]) => rule(key))) : new Map<string, string>();
    const targetKey = job && instance ? `${job}\u0000${instance}` : undefined;
    const targetLabels = targetKey === undefined ? undefined : this.#targetLabels(attributes, { job, instance });
    return { job, instance, constants, targetLabels, targetKey };
  }

  scope(view: ScopeView): TranslatedScope {
    const { name, version, schemaUrl } = view;
    return { name, version, schemaUrl, attributes: texts(view.attributes) };
  }

  /** Names and values by turns, sorted by name; undefined where a name is empty, reserved or there twice. */
  labels(
    type: FamilyType,
    point: Texts,
    scope: TranslatedScope,
    { job, instance, constants }: TranslatedResource,
  ): readonly string[] | undefined {
    const labels = new LabelSet(this.#rules.utf8);
    for (const [key, value] of this.#constants) labels.put(key, value);
    // An attribute of the resource that becomes a label takes the place of the point's own.
    for (const [key, value] of point) if (!constants.has(key)) labels.putAttribute(key, value);
    for (const [key, value] of constants) labels.putAttribute(key, value);
    if (this.#saysScope) {
      for (const [key, value] of scope.attributes) {
        const isSaidBelow = key === 'name' || key === 'version' || key === 'schema_url';
        if (!isSaidBelow) labels.putAttribute(`otel_scope_${key}`, value);
      }
      labels.put('otel_scope_name', scope.name);
      labels.put('otel_scope_version', scope.version);
      labels.put('otel_scope_schema_url', scope.schemaUrl);
    }
    if (job !== undefined) labels.put('job', job);
    if (instance !== undefined) labels.put('instance', instance);
    const isTaken = (type === 'histogram' && labels.has('le')) || (type === 'summary' && labels.has('quantile'));
    return isTaken ? undefined : labels.sorted();
  }

  /** Attributes that get the same name share a label, their values joined. */
  #targetLabels(
    attributes: Texts,
    { job = '', instance = '' }: { job: string | undefined; instance: string | undefined },
  ): readonly string[] | undefined {
    const labels = new Map<string, string>();
    for (const [key, value] of attributes) {
      if (isIdentifying(key)) continue;
      const name = labelName(key, this.#rules.utf8);
      if (name === undefined || name.startsWith('__')) return undefined;
      const before = labels.get(name);
      labels.set(name, before === undefined ? value : `${before};${value}`);
    }
    labels.set('job', job);
    labels.set('instance', instance);
    return sortedLabels(labels);
  }
}

class LabelSet {
  readonly #labels = new Map<string, string>();
  readonly #utf8: boolean;
  #isValid = true;

  constructor(utf8: boolean) {
    this.#utf8 = utf8;
  }

  putAttribute(key: string, value: string): void {
    this.put(labelName(key, this.#utf8), value);
  }

  /** Names with two underscores in front are Prometheus' own. */
  put(name: string | undefined, value: string): void {
    if (name === undefined || name === '' || name.startsWith('__') || this.#labels.has(name)) this.#isValid = false;
    else this.#labels.set(name, value);
  }

  has(name: string): boolean {
    return this.#labels.has(name);
  }

  sorted(): readonly string[] | undefined {
    return this.#isValid ? sortedLabels(this.#labels) : undefined;
  }
}

function sortedLabels(labels: Texts): readonly string[] {
  return [...labels].toSorted(([a], [b]) => (a < b ? -1 : 1)).flat();
}
