// Results as a table: in Markdown for documents, and as lines for a terminal.

import { missedBy, notAskedOf, verdictOf, type CheckResult, type ClauseResult } from './clause.ts';

/** The results of one program or endpoint. */
export interface Column {
  readonly name: string;
  readonly results: readonly ClauseResult[];
}

/** How many of the clauses are met. */
export function score({ results }: Column): string {
  return `${results.filter((result) => verdictOf(result) === 'met').length}/${results.length}`;
}

export function markdownTable(columns: readonly Column[]): string {
  const rows = [
    ['clause', 'duty', ...columns.map(({ name }) => name)],
    ['---', '---', ...columns.map(() => '---')],
    ...(columns[0]?.results ?? []).map(({ id, duty }) => [id, duty, ...columns.map((column) => cell(column, id))]),
    ['', 'met', ...columns.map(score)],
  ];
  return rows.map((row) => `| ${row.map((text) => text.replaceAll('|', String.raw`\|`)).join(' | ')} |\n`).join('');
}

function cell({ results }: Column, id: string): string {
  const result = results.find((one) => one.id === id);
  if (!result) return '';
  const verdict = verdictOf(result);
  const notes = [...missedBy(result).map(sentence), ...skipped(result)];
  const text = verdict === 'missed' ? '**missed**' : verdict;
  return notes.length > 0 ? `${text}: ${notes.join('; ')}` : text;
}

function sentence({ check, finding }: CheckResult): string {
  return `${check.what}: ${finding?.saw ?? ''}`;
}

function skipped(result: ClauseResult): string[] {
  const { length } = notAskedOf(result);
  return length === 0 ? [] : [`${length} of ${result.results.length} checks could not be asked`];
}

/** Every check with its level and what was seen. */
export function lines(column: Column): string {
  let text = `${column.name}\n`;
  for (const result of column.results) {
    text += `\n${result.id} ${verdictOf(result)}: ${result.duty}\n`;
    for (const { check, finding, reason } of result.results) {
      const mark = finding === undefined ? 'skip' : finding.held ? 'ok  ' : 'MISS';
      text += `  ${mark} ${check.level.padEnd(6)} ${check.what}: ${finding?.saw ?? reason ?? ''}\n`;
    }
  }
  return `${text}\n${score(column)} clauses met\n`;
}
