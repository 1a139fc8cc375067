// Profiles in full, part of verbosity `detailed`.

import type { ProtoObject } from '../../proto/objects.ts';
import { fieldEntry, type Lines } from './lines.ts';
import { formatTime } from './go-format.ts';
import { dictionaryAttribute } from './normal.ts';
import {
  bigIn,
  bigsIn,
  idIn,
  messageIn,
  messagesIn,
  numberIn,
  numbersIn,
  textsIn,
  typedText,
  valueText,
} from './values.ts';

export function profilesDictionaryEntries(lines: Lines, dictionary: ProtoObject): void {
  for (const [index, mapping] of messagesIn(dictionary, 'mappingTable').entries()) {
    lines.push(
      `Mapping #${index}`,
      `    Memory start: ${bigIn(mapping, 'memoryStart')}`,
      `    Memory limit: ${bigIn(mapping, 'memoryLimit')}`,
      `    File offset: ${bigIn(mapping, 'fileOffset')}`,
      `    File name: ${numberIn(mapping, 'filenameStrindex')}`,
      `    Attributes: ${list(numbersIn(mapping, 'attributeIndices'))}`,
    );
  }
  for (const [index, location] of messagesIn(dictionary, 'locationTable').entries()) {
    lines.push(
      `Location #${index}`,
      `    Mapping index: ${numberIn(location, 'mappingIndex')}`,
      `    Address: ${bigIn(location, 'address')}`,
    );
    for (const [lineIndex, line] of messagesIn(location, 'lines').entries()) {
      lines.push(
        `    Line #${lineIndex}`,
        `        Function index: ${numberIn(line, 'functionIndex')}`,
        `        Line: ${bigIn(line, 'line')}`,
        `        Column: ${bigIn(line, 'column')}`,
      );
    }
    lines.push(`    Attributes: ${list(numbersIn(location, 'attributeIndices'))}`);
  }
  for (const [index, one] of messagesIn(dictionary, 'functionTable').entries()) {
    lines.push(
      `Function #${index}`,
      `    Name: ${numberIn(one, 'nameStrindex')}`,
      `    System name: ${numberIn(one, 'systemNameStrindex')}`,
      `    Filename: ${numberIn(one, 'filenameStrindex')}`,
      `    Start line: ${bigIn(one, 'startLine')}`,
    );
  }
  tableEntries(lines, dictionary);
  const strings = textsIn(dictionary, 'stringTable');
  if (strings.length > 0) lines.push('String table:', ...strings.map((text) => `    ${text}`));
}

/** The collector collects these tables in one map each, of which only the last entry is left. */
function tableEntries(lines: Lines, dictionary: ProtoObject): void {
  const attribute = messagesIn(dictionary, 'attributeTable').at(-1);
  if (attribute) {
    lines.push(
      'Attribute table:',
      `     -> Key: Int(${numberIn(attribute, 'keyStrindex')})`,
      `     -> Value: Str(${valueText(messageIn(attribute, 'value'))})`,
      `     -> unit: Int(${numberIn(attribute, 'unitStrindex')})`,
    );
  }
  const link = messagesIn(dictionary, 'linkTable').at(-1);
  if (link) {
    lines.push(
      'Link table:',
      `     -> Trace ID: Str(${idIn(link, 'traceId')})`,
      `     -> Span ID: Str(${idIn(link, 'spanId')})`,
    );
  }
}

export function profileEntries(lines: Lines, profile: ProtoObject, index: number, dictionary: ProtoObject): void {
  lines.push(`Profile #${index}`);
  fieldEntry(lines, 'Profile ID', idIn(profile, 'profileId'));
  fieldEntry(lines, 'Start time', formatTime(bigIn(profile, 'timeUnixNano')));
  fieldEntry(lines, 'DurationNano', String(bigIn(profile, 'durationNano')));
  fieldEntry(lines, 'Dropped attributes count', String(numberIn(profile, 'droppedAttributesCount')));
  for (const [sampleIndex, sample] of messagesIn(profile, 'samples').entries()) {
    lines.push(`    Sample #${sampleIndex}`, `        Values: ${list(bigsIn(sample, 'values'))}`);
    const attributes = numbersIn(sample, 'attributeIndices');
    if (attributes.length === 0) continue;
    lines.push('        Attributes:');
    for (const one of attributes) {
      const attribute = dictionaryAttribute(dictionary, one);
      const text = typeof attribute === 'string' ? attribute : `${attribute.key}: ${typedText(attribute.value)}`;
      lines.push(`             -> ${text}`);
    }
  }
}

/** A list as Go prints it. */
function list(values: readonly (number | bigint)[]): string {
  return `[${values.join(' ')}]`;
}
