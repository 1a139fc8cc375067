// What conditions run on: the views of a batch, one of each kind, pointed at the current item.

import { ResourceView, ScopeView } from '../../proto/otlp/envelope.ts';
import { LogRecordView } from '../../proto/otlp/logs.ts';
import { MetricView, NumberDataPointView, type DataPointView } from '../../proto/otlp/metrics.ts';
import { ProfileView } from '../../proto/otlp/profiles.ts';
import { EventView, SpanView } from '../../proto/otlp/spans.ts';

/** Set what the context needs before evaluating; the object is reused. */
export interface ViewItem {
  resource: ResourceView;
  scope: ScopeView;
  span: SpanView;
  event: EventView;
  eventIndex: number;
  metric: MetricView;
  point: DataPointView;
  log: LogRecordView;
  profile: ProfileView;
}

export function viewItem(): ViewItem {
  return {
    resource: new ResourceView(),
    scope: new ScopeView(),
    span: new SpanView(),
    event: new EventView(),
    eventIndex: 0,
    metric: new MetricView(),
    point: new NumberDataPointView(),
    log: new LogRecordView(),
    profile: new ProfileView(),
  };
}
