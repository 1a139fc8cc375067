// One row of comma-separated values.

import { OttlEvaluationError } from '../value.ts';

/** Modes: `strict` (RFC 4180), `lazyQuotes` (a quote inside a field stands for itself), `ignoreQuotes`. */
export function parseCsvRow(row: string, delimiter: string, mode: string): string[] {
  if (delimiter.length !== 1) throw new OttlEvaluationError(`invalid delimiter ${JSON.stringify(delimiter)}`);
  if (mode === 'ignoreQuotes') return row.split(delimiter);
  if (row === '') throw new OttlEvaluationError('no csv lines found');
  if (mode !== 'strict' && mode !== 'lazyQuotes') throw new OttlEvaluationError(`unknown CSV mode ${mode}`);
  const isLazy = mode === 'lazyQuotes';
  const values: string[] = [];
  let at = 0;
  for (;;) {
    if (row.charAt(at) === '"') {
      const field = quotedField(row, at, { delimiter, isLazy });
      values.push(field.text);
      at = field.end;
    } else {
      const next = row.indexOf(delimiter, at);
      const text = row.slice(at, next < 0 ? row.length : next);
      if (!isLazy && text.includes('"')) throw new OttlEvaluationError('bare " in non-quoted field');
      values.push(text);
      at = next < 0 ? row.length : next;
    }
    if (at >= row.length) return values;
    at += 1;
  }
}

function quotedField(
  row: string,
  start: number,
  { delimiter, isLazy }: { readonly delimiter: string; readonly isLazy: boolean },
): { readonly text: string; readonly end: number } {
  let text = '';
  for (let at = start + 1; at < row.length; at += 1) {
    const character = row.charAt(at);
    if (character !== '"') text += character;
    else if (row.charAt(at + 1) === '"') {
      text += '"';
      at += 1;
    } else if (at + 1 >= row.length || row.charAt(at + 1) === delimiter) return { text, end: at + 1 };
    else if (isLazy) text += '"';
    else throw new OttlEvaluationError('extraneous or missing " in quoted field');
  }
  if (isLazy) return { text, end: row.length };
  throw new OttlEvaluationError('extraneous or missing " in quoted field');
}
