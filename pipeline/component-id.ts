// Component ids, `type` or `type/name`, by the collector's rules.

export interface ComponentId {
  readonly type: string;
  /** Empty when there is none. */
  readonly name: string;
}

const TYPE = /^[a-zA-Z][0-9a-zA-Z_]{0,62}$/;
/** Any Unicode character but separators, control characters and symbols. */
const NAME = /^[^\p{Z}\p{C}\p{S}]+$/u;
const LONGEST_NAME_BYTES = 1024;

/** The id, with blanks around its parts removed, or the reason why `text` is none. */
export function parseComponentId(text: string): ComponentId | string {
  const slash = text.indexOf('/');
  const type = (slash < 0 ? text : text.slice(0, slash)).trim();
  const name = slash < 0 ? '' : text.slice(slash + 1).trim();
  if (type === '') return slash < 0 ? 'an id must not be empty' : 'the part before / must not be empty';
  if (slash >= 0 && name === '') return 'the part after / must not be empty';
  if (!TYPE.test(type)) {
    return `"${type}" is not a type; expected a letter, then at most 62 letters, digits or underscores`;
  }
  if (name === '') return { type, name };
  if (Buffer.byteLength(name) > LONGEST_NAME_BYTES)
    return `the name after / is longer than ${LONGEST_NAME_BYTES} bytes`;
  if (!NAME.test(name)) return `"${name}" is not a name; blanks, control characters and symbols are not allowed`;
  return { type, name };
}

export function formatComponentId(id: ComponentId): string {
  return id.name === '' ? id.type : `${id.type}/${id.name}`;
}
