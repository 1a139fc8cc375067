// `include` and `exclude` together: which items of a batch are chosen.

import type { ResourceView, ScopeView } from '../../proto/otlp/envelope.ts';
import type { LogRecordView } from '../../proto/otlp/logs.ts';
import type { MessageDraft } from '../../proto/otlp/message-draft.ts';
import type { MetricView } from '../../proto/otlp/metrics.ts';
import type { SpanView } from '../../proto/otlp/spans.ts';
import { KEEP } from '../../proto/otlp/splice.ts';
import { AgentError } from '../errors.ts';
import type { Signal } from '../signal.ts';
import { PropertiesMatcher } from './matcher.ts';
import type { MatchProperties } from './schema.ts';
import { signalProblem } from './signal-rules.ts';

export interface SelectionSettings {
  readonly include?: MatchProperties | undefined;
  readonly exclude?: MatchProperties | undefined;
}

/** The hooks of a splicer that a selection needs to hear of resources and scopes. */
interface EnvelopeHooks {
  resource?(draft: MessageDraft, resource: ResourceView): boolean;
  scope?(draft: MessageDraft, scope: ScopeView): boolean;
}

export class Selection {
  /** For the splicer; none where everything is chosen. */
  readonly envelopeHooks: EnvelopeHooks;
  readonly #include: PropertiesMatcher | undefined;
  readonly #exclude: PropertiesMatcher | undefined;

  /** Throws an AgentError where a property does not fit the signal. */
  constructor(settings: SelectionSettings, signal: Signal, component: string) {
    this.#include = matcherOf(settings.include, { signal, component, key: 'include' });
    this.#exclude = matcherOf(settings.exclude, { signal, component, key: 'exclude' });
    this.envelopeHooks = this.#include === undefined && this.#exclude === undefined ? {} : this.#hooks();
  }

  hasSpan(span: SpanView): boolean {
    return (this.#include?.span(span) ?? true) && !(this.#exclude?.span(span) ?? false);
  }

  hasLogRecord(record: LogRecordView): boolean {
    return (this.#include?.logRecord(record) ?? true) && !(this.#exclude?.logRecord(record) ?? false);
  }

  hasMetric(metric: MetricView): boolean {
    return (
      (this.#include?.metric(metric) ?? true) && !(this.#exclude?.testsMetrics === true && this.#exclude.metric(metric))
    );
  }

  #hooks(): EnvelopeHooks {
    return {
      resource: (_draft, resource) => {
        this.#include?.enterResource(resource);
        this.#exclude?.enterResource(resource);
        return KEEP;
      },
      scope: (_draft, scope) => {
        this.#include?.enterScope(scope);
        this.#exclude?.enterScope(scope);
        return KEEP;
      },
    };
  }
}

function matcherOf(
  properties: MatchProperties | undefined,
  { signal, component, key }: { signal: Signal; component: string; key: string },
): PropertiesMatcher | undefined {
  if (properties === undefined) return undefined;
  const problem = signal === 'profiles' ? undefined : signalProblem(properties, signal);
  if (problem === undefined) return new PropertiesMatcher(properties);
  throw new AgentError('CONFIG_VALUE_INVALID', problem, {
    component,
    path: `processors::${component.replace('processor:', '')}::${key}`,
    mend: `Use a processor of its own for the pipelines of ${signal}.`,
  });
}
