// Match properties compiled: asked once a resource and once a scope for what lies there, then for each item.

import type { ResourceView, ScopeView } from '../../proto/otlp/envelope.ts';
import type { LogRecordView } from '../../proto/otlp/logs.ts';
import type { MetricView } from '../../proto/otlp/metrics.ts';
import type { SpanView } from '../../proto/otlp/spans.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';
import { valueText } from '../../proto/otlp/value-text.ts';
import type { MatchProperties } from './schema.ts';
import { AttributesTest, textTest, type TextTest } from './values.ts';

const SERVICE_NAME = encodeUtf8('service.name');
/** What the collector compares where a resource has no service.name. */
const NO_SERVICE = '<nil-service-name>';

const SPAN_KIND_NAMES = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
];

/**
 * Whether items have all the properties. Call `enterResource` and `enterScope` where a resource or scope begins, then
 * the test of the signal for each item.
 */
export class PropertiesMatcher {
  readonly #services: TextTest | undefined;
  readonly #spanNames: TextTest | undefined;
  readonly #spanKinds: TextTest | undefined;
  readonly #bodies: TextTest | undefined;
  readonly #severityTexts: TextTest | undefined;
  readonly #severityNumber: MatchProperties['log_severity_number'];
  readonly #metricNames: TextTest | undefined;
  readonly #attributes: AttributesTest;
  readonly #resources: AttributesTest;
  readonly #libraries: readonly LibraryTest[];
  #resourceMatches = true;
  #scopeMatches = true;

  constructor(properties: MatchProperties) {
    const { match_type: type } = properties;
    this.#services = textTest(properties.services, type);
    this.#spanNames = textTest(properties.span_names, type);
    this.#spanKinds = textTest(properties.span_kinds, type);
    this.#bodies = textTest(properties.log_bodies, type);
    this.#severityTexts = textTest(properties.log_severity_texts, type);
    this.#severityNumber = properties.log_severity_number;
    this.#metricNames = textTest(properties.metric_names, type);
    this.#attributes = new AttributesTest(properties.attributes, type);
    this.#resources = new AttributesTest(properties.resources, type);
    this.#libraries = properties.libraries.map(({ name, version }) => ({
      name: textTest([name], type),
      version: version === undefined ? undefined : textTest([version], type),
    }));
  }

  enterResource(resource: ResourceView): void {
    this.#resourceMatches = this.#resources.matches(resource.attributes);
    if (this.#resourceMatches && this.#services !== undefined) {
      const service = resource.attributes.get(SERVICE_NAME);
      this.#resourceMatches = this.#services.matches(service === undefined ? NO_SERVICE : valueText(service));
    }
  }

  enterScope(scope: ScopeView): void {
    this.#scopeMatches = true;
    for (const { name, version } of this.#libraries) {
      if (name?.matches(scope.name) !== true || version?.matches(scope.version) === false) this.#scopeMatches = false;
    }
  }

  /** Whether the resource entered last has the properties of resources. */
  resource(): boolean {
    return this.#resourceMatches;
  }

  span(span: SpanView): boolean {
    if (!this.#resourceMatches || !this.#scopeMatches) return false;
    if (this.#spanNames !== undefined && !this.#spanNames.matches(span.name)) return false;
    if (this.#spanKinds !== undefined && !this.#spanKinds.matches(SPAN_KIND_NAMES[span.kind] ?? '')) return false;
    return this.#attributes.matches(span.attributes);
  }

  logRecord(record: LogRecordView): boolean {
    if (!this.#resourceMatches || !this.#scopeMatches) return false;
    if (this.#bodies !== undefined && !this.#bodies.matches(valueText(record.body))) return false;
    if (this.#severityTexts !== undefined && !this.#severityTexts.matches(record.severityText)) return false;
    return this.#severityMatches(record.severityNumber) && this.#attributes.matches(record.attributes);
  }

  /** By name alone: the collector takes `resources` for metrics but does not look at them. */
  metric(metric: MetricView): boolean {
    return this.#metricNames === undefined || this.#metricNames.matches(metric.name);
  }

  /** Whether metrics are told apart at all: without names the collector has no test, neither to include nor to exclude. */
  get testsMetrics(): boolean {
    return this.#metricNames !== undefined;
  }

  #severityMatches(severity: number): boolean {
    if (this.#severityNumber === undefined) return true;
    return severity === 0 ? this.#severityNumber.match_undefined : severity >= this.#severityNumber.min;
  }
}

interface LibraryTest {
  readonly name: TextTest | undefined;
  readonly version: TextTest | undefined;
}
