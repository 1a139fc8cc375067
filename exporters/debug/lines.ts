// Lines as verbosity `detailed` lays them out.

import type { ProtoObject } from '../../proto/objects.ts';
import { messageIn, textIn, typedText } from './values.ts';

/** Lines of text as they are made. */
export type Lines = string[];

/** The collector indents the entries of a header by what stands before an arrow in it. */
export function attributeEntries(lines: Lines, header: string, attributes: readonly ProtoObject[]): void {
  if (attributes.length === 0) return;
  lines.push(`${header}:`);
  const arrow = header.indexOf('->');
  const indent = arrow === -1 ? '' : header.slice(0, arrow);
  for (const one of attributes) {
    lines.push(`${indent}     -> ${textIn(one, 'key')}: ${typedText(messageIn(one, 'value'))}`);
  }
}

/** `    Trace ID       : …`: a name in a column of fifteen. */
export function fieldEntry(lines: Lines, name: string, value: string): void {
  lines.push(`    ${name.padEnd(15)}: ${value}`);
}
