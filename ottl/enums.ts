// The symbols that stand for numbers.

const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

const SPAN = [
  ...numbered('SPAN_KIND_', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']),
  ...numbered('STATUS_CODE_', ['UNSET', 'OK', 'ERROR']),
];
const LOG = numbered('SEVERITY_NUMBER_', [
  'UNSPECIFIED',
  ...SEVERITIES.flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`]),
]);
const METRIC = [
  ...numbered('METRIC_DATA_TYPE_', ['NONE', 'GAUGE', 'SUM', 'HISTOGRAM', 'EXPONENTIAL_HISTOGRAM', 'SUMMARY']),
  ...numbered('AGGREGATION_TEMPORALITY_', ['UNSPECIFIED', 'DELTA', 'CUMULATIVE']),
];

const BY_CONTEXT: Readonly<Record<string, ReadonlyMap<string, bigint>>> = {
  span: new Map(SPAN),
  spanevent: new Map(SPAN),
  log: new Map(LOG),
  metric: new Map(METRIC),
  datapoint: new Map([...METRIC, ...numbered('FLAG_', ['NONE', 'NO_RECORDED_VALUE'])]),
};

/** Symbol → number, of a context and what it lies in; resources and scopes have none. */
export function symbolsOf(context: string | undefined): ReadonlyMap<string, bigint> {
  return BY_CONTEXT[context ?? ''] ?? new Map<string, bigint>();
}

function numbered(prefix: string, names: readonly string[]): [string, bigint][] {
  return names.map((name, index) => [`${prefix}${name}`, BigInt(index)]);
}
