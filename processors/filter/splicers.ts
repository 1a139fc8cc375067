// The walks over a batch that ask a pass's rules. A resource or scope that goes is emptied item by item, so that every item
// is counted and the emptied parents are taken out as the collector does.

import type { ViewItem } from '../../ottl/views/item.ts';
import type { Signal } from '../../pipeline/signal.ts';
import type { ChunkEditor } from '../../pipeline/splice-batch.ts';
import type { ResourceView, ScopeView } from '../../proto/otlp/envelope.ts';
import type { MessageDraft } from '../../proto/otlp/message-draft.ts';
import type { DataPointView, MetricView } from '../../proto/otlp/metrics.ts';
import type { ProfileView } from '../../proto/otlp/profiles.ts';
import { DROP, KEEP, spliceLogRecords, spliceMetrics, spliceProfiles, spliceSpans } from '../../proto/otlp/splice.ts';
import { firstMatch, type Rule } from './rule.ts';
import type { Pass } from './rules.ts';

export function splicerOf(signal: Signal, pass: Pass, view: ViewItem): ChunkEditor {
  const walk = new Walk(pass, view);
  const { envelope } = walk;
  switch (signal) {
    case 'traces': {
      let eventIndex = 0;
      return spliceSpans({
        ...envelope,
        item(_draft, span) {
          view.span = span;
          eventIndex = 0;
          const rule = walk.ruleOfItem();
          if (rule === undefined) return KEEP;
          rule.count(1);
          rule.note(span.traceIdHex);
          return DROP;
        },
        ...(pass.child.length === 0
          ? {}
          : {
              child(_draft: MessageDraft, event: ViewItem['event'], span: ViewItem['span']) {
                view.event = event;
                view.eventIndex = eventIndex;
                eventIndex += 1;
                const rule = firstMatch(pass.child, view);
                if (rule === undefined) return KEEP;
                rule.count(1);
                rule.note(span.traceIdHex);
                return DROP;
              },
            }),
        pruneEmpty: true,
      });
    }
    case 'metrics':
      return spliceMetrics({
        ...envelope,
        item(_draft, metric) {
          view.metric = metric;
          const rule = walk.ruleOfItem();
          if (rule === undefined) return KEEP;
          rule.count(pointsOf(metric));
          return DROP;
        },
        ...(pass.child.length === 0
          ? {}
          : {
              child(_draft: MessageDraft, point: DataPointView) {
                view.point = point;
                const rule = firstMatch(pass.child, view);
                if (rule === undefined) return KEEP;
                rule.count(1);
                return DROP;
              },
            }),
        pruneEmpty: true,
      });
    case 'profiles':
      return spliceProfiles({
        ...envelope,
        item(_draft, profile) {
          view.profile = profile;
          const rule = walk.ruleOfItem();
          if (rule === undefined) return KEEP;
          rule.count(samplesOf(profile));
          return DROP;
        },
        pruneEmpty: true,
      });
    default:
      return spliceLogRecords({
        ...envelope,
        item(_draft, record) {
          view.log = record;
          const rule = walk.ruleOfItem();
          if (rule === undefined) return KEEP;
          rule.count(1);
          rule.note(record.traceIdHex);
          return DROP;
        },
        pruneEmpty: true,
      });
  }
}

class Walk {
  readonly #pass: Pass;
  readonly #view: ViewItem;
  #resourceRule: Rule | undefined;
  #scopeRule: Rule | undefined;

  constructor(pass: Pass, view: ViewItem) {
    this.#pass = pass;
    this.#view = view;
  }

  get envelope() {
    return {
      resource: (_draft: MessageDraft, resource: ResourceView): boolean => {
        this.#view.resource = resource;
        for (const matcher of this.#pass.matchers) matcher.enterResource(resource);
        this.#resourceRule = firstMatch(this.#pass.resource, this.#view);
        return KEEP;
      },
      scope: (_draft: MessageDraft, scope: ScopeView): boolean => {
        this.#view.scope = scope;
        for (const matcher of this.#pass.matchers) matcher.enterScope(scope);
        this.#scopeRule = this.#resourceRule ?? firstMatch(this.#pass.scope, this.#view);
        return KEEP;
      },
    };
  }

  ruleOfItem(): Rule | undefined {
    return this.#scopeRule ?? firstMatch(this.#pass.item, this.#view);
  }
}

function pointsOf(metric: MetricView): number {
  let count = 0;
  for (const points = metric.dataPoints(); points.next();) count += 1;
  return count;
}

function samplesOf(profile: ProfileView): number {
  let count = 0;
  for (const samples = profile.samples(); samples.next();) count += 1;
  return count;
}
