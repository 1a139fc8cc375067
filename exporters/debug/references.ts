// Attributes of profiles' resources and scopes whose keys and texts are indices into the dictionary's string table, as a
// collector sends them, with the texts in their place (pprofile's dictionary_helpers.go).

import type { ProtoObject } from '../../proto/objects.ts';
import { messageIn, messagesIn, numberIn, textIn, textsIn } from './values.ts';

/** The profiles request with the texts; an index that the table does not have stays as it is. */
export function withTexts(request: ProtoObject): ProtoObject {
  const table = textsIn(messageIn(request, 'dictionary'), 'stringTable');
  return {
    ...request,
    resourceProfiles: messagesIn(request, 'resourceProfiles').map((group) => ({
      ...group,
      resource: holderWithTexts(messageIn(group, 'resource'), table),
      scopeProfiles: messagesIn(group, 'scopeProfiles').map((scopeGroup) => ({
        ...scopeGroup,
        scope: holderWithTexts(messageIn(scopeGroup, 'scope'), table),
      })),
    })),
  };
}

function holderWithTexts(holder: ProtoObject, table: readonly string[]): ProtoObject {
  return { ...holder, attributes: entriesWithTexts(messagesIn(holder, 'attributes'), table) };
}

function entriesWithTexts(entries: readonly ProtoObject[], table: readonly string[]): ProtoObject[] {
  return entries.map((entry) => {
    // A key that is there goes before its index, which should not be.
    const key = textIn(entry, 'key') || (textAt(numberIn(entry, 'keyStrindex'), table) ?? '');
    return { key, value: valueWithTexts(messageIn(entry, 'value'), table) };
  });
}

function valueWithTexts(value: ProtoObject, table: readonly string[]): ProtoObject {
  const { stringValueStrindex: index, kvlistValue: map, arrayValue: array } = value;
  if (typeof index === 'number') {
    const text = textAt(index, table);
    return text === undefined ? value : { stringValue: text };
  }
  if (map !== undefined) {
    return { kvlistValue: { values: entriesWithTexts(messagesIn(messageIn(value, 'kvlistValue'), 'values'), table) } };
  }
  if (array === undefined) return value;
  const values = messagesIn(messageIn(value, 'arrayValue'), 'values');
  return { arrayValue: { values: values.map((one) => valueWithTexts(one, table)) } };
}

/** Index 0 means no text. */
function textAt(index: number, table: readonly string[]): string | undefined {
  return index > 0 ? table[index] : undefined;
}
