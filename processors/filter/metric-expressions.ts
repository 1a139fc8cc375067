// `match_type: expr`: expressions about a metric's data points, of which any one that matches chooses the metric. Source:
// contrib internal/filter/filterexpr, v0.161.

import { compileExpression, type Environment, type Evaluate } from '../../expr/compile.ts';
import { ExprEvaluationError } from '../../expr/errors.ts';
import { FunctionValue, typeName, type Value } from '../../expr/value.ts';
import { ANY_STRING, type AnyValueView } from '../../proto/otlp/any-value.ts';
import type { AttributesView } from '../../proto/otlp/attributes.ts';
import type { MetricType, MetricView } from '../../proto/otlp/metrics.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';

const TYPE_NAMES: Readonly<Record<MetricType, string>> = {
  0: 'Empty',
  5: 'Gauge',
  7: 'Sum',
  9: 'Histogram',
  10: 'ExponentialHistogram',
  11: 'Summary',
};

/** Keys come from the configuration as a rule; more than these are computed ones, and not kept. */
const MAX_KEYS = 1_000;

/** What an expression is asked about: one data point with its metric. */
class Point {
  name = '';
  type = '';
  attributes: AttributesView | undefined;
  readonly hasLabel = new FunctionValue((args) => this.#label(args) !== undefined);
  readonly label = new FunctionValue((args) => {
    const found = this.#label(args);
    return found?.type === ANY_STRING ? found.string() : '';
  });
  readonly #keys = new Map<string, Uint8Array>();

  #label(args: readonly Value[]): AnyValueView | undefined {
    if (args.length !== 1) throw new ExprEvaluationError(`1 argument is needed, not ${args.length}`);
    // Go makes an empty string of nil.
    const key = args[0] ?? '';
    if (typeof key !== 'string') throw new ExprEvaluationError(`the name of a label is a string, not ${typeName(key)}`);
    let bytes = this.#keys.get(key);
    if (bytes === undefined) {
      bytes = encodeUtf8(key);
      if (this.#keys.size < MAX_KEYS) this.#keys.set(key, bytes);
    }
    return this.attributes?.get(bytes);
  }
}

const READERS: Readonly<Record<string, (point: Point) => Value>> = {
  MetricName: ({ name }) => name,
  MetricType: ({ type }) => type,
  HasLabel: ({ hasLabel }) => hasLabel,
  Label: ({ label }) => label,
};

const ENVIRONMENT: Environment<Point> = {
  names: new Set(Object.keys(READERS)),
  read: (name) => (Object.hasOwn(READERS, name) ? READERS[name] : undefined),
};

/** Throws EXPR_INVALID with the place. */
export function compileMetricExpression(text: string, now: () => number): Evaluate<object> {
  // Safe: what is compiled here is only given Points, which the class below makes.
  return compileExpression(text, ENVIRONMENT, { now }) as Evaluate<object>;
}

export class MetricExpressions {
  readonly #expressions: readonly Evaluate<object>[];
  readonly #point = new Point();

  constructor(texts: readonly string[], now: () => number) {
    this.#expressions = texts.map((text) => compileMetricExpression(text, now));
  }

  /** Whether an expression is true of one of the points; a metric without points has none. Fails with ExprEvaluationError. */
  matches(metric: MetricView): boolean {
    if (metric.type === 0) return false;
    this.#point.name = metric.name;
    this.#point.type = TYPE_NAMES[metric.type];
    for (const evaluate of this.#expressions) if (this.#anyPoint(metric, evaluate)) return true;
    return false;
  }

  #anyPoint(metric: MetricView, evaluate: Evaluate<object>): boolean {
    const points = metric.dataPoints();
    while (points.next()) {
      this.#point.attributes = points.item.attributes;
      const answer = evaluate(this.#point);
      if (answer === true) return true;
      if (answer !== false)
        throw new ExprEvaluationError(`the expression gives ${typeName(answer)}, not true or false`);
    }
    return false;
  }
}
