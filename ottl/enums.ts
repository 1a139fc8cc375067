// The symbols that stand for numbers.

const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** Symbol → number, of all contexts. */
export const ENUMS: ReadonlyMap<string, bigint> = new Map<string, bigint>([
  ...numbered('SPAN_KIND_', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']),
  ...numbered('STATUS_CODE_', ['UNSET', 'OK', 'ERROR']),
  ...numbered('SEVERITY_NUMBER_', [
    'UNSPECIFIED',
    ...SEVERITIES.flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`]),
  ]),
  ...numbered('METRIC_DATA_TYPE_', ['NONE', 'GAUGE', 'SUM', 'HISTOGRAM', 'EXPONENTIAL_HISTOGRAM', 'SUMMARY']),
  ...numbered('AGGREGATION_TEMPORALITY_', ['UNSPECIFIED', 'DELTA', 'CUMULATIVE']),
  ...numbered('FLAG_', ['NONE', 'NO_RECORDED_VALUE']),
]);

function numbered(prefix: string, names: readonly string[]): [string, bigint][] {
  return names.map((name, index) => [`${prefix}${name}`, BigInt(index)]);
}
