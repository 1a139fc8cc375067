// Figures as a table for people: what, ours, the collector's, ratio, and what has to be reached.

export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  readonly ratio: string;
  readonly must: string;
  readonly aim: string;
  /** Whether `must` is reached; undefined where there was nothing to compare with. */
  readonly reached: boolean | undefined;
}

const HEAD = ['what', 'genesis-agent', 'otelcol', 'ratio', 'must', 'aim', ''];

/** A Markdown table. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [row.what, row.ours, row.peer, row.ratio, row.must, row.aim, verdict(row.reached)]);
  const widths = HEAD.map((head, column) => Math.max(head.length, ...cells.map((line) => line[column]?.length ?? 0)));
  const line = (parts: readonly string[]): string =>
    `| ${parts.map((part, column) => part.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(HEAD), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

function verdict(reached: boolean | undefined): string {
  if (reached === undefined) return '';
  return reached ? 'reached' : 'missed';
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** 1,234,567 as `1.23M`, 45,678 as `45.7k`. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  if (value >= 1e3) return `${(value / 1e3).toFixed(1)}k`;
  return value.toFixed(1);
}
