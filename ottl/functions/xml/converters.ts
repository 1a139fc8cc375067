// Converters that read, cut and change XML.

import { converter, type Converter, type Converters } from '../../function.ts';
import { OttlEvaluationError, type OttlValue } from '../../value.ts';
import { textOf } from '../arguments.ts';
import { parseXml, parseXmlElement, writeXml, XmlNode, XmlSyntaxError } from './document.ts';
import { compileXPath, SelectedAttribute, type Selected, type Selector } from './xpath.ts';

type XmlMap = Map<string, OttlValue>;

export const XML_CONVERTERS: Converters = {
  ParseXML: converter(['target'], ([text]) => parsed(textOf(text))),
  ParseSimplifiedXML: converter(['target'], ([text]) => simplified(documentOf(textOf(text)))),
  GetXML: withPath(['target', 'xpath'], undefined, ([text], select) => {
    const source = textOf(text);
    return source === '' ? '' : selectedText(select(documentOf(source)));
  }),
  RemoveXML: withPath(['target', 'xpath'], undefined, ([text], select) => {
    const source = textOf(text);
    if (source === '') return '';
    const document = documentOf(source);
    removeAll(select(document));
    return writeXml(document);
  }),
  InsertXML: withPath(['target', 'xpath', 'sub_document'], undefined, ([text, , inserted], select) => {
    const source = textOf(text);
    const added = documentOf(textOf(inserted));
    if (source === '') return '';
    const document = documentOf(source);
    for (const node of select(document)) {
      if (node instanceof SelectedAttribute || (node.type !== 'element' && node.type !== 'document')) {
        throw new OttlEvaluationError('InsertXML XPath selected non-element');
      }
      // The first node takes all of it, as in the collector.
      for (const child of added.children) node.append(child);
      added.children = [];
    }
    return writeXml(document);
  }),
  ConvertAttributesToElementsXML: withPath(['target', 'xpath?'], '//@*', ([text], select) => {
    const document = documentOf(textOf(text));
    const attributes = select(document).filter((node) => node instanceof SelectedAttribute);
    for (const { owner, attribute } of attributes) {
      const element = new XmlNode('element', { name: attribute.name });
      element.append(new XmlNode('text', { text: attribute.value }));
      owner.append(element);
    }
    removeAll(attributes);
    return writeXml(document);
  }),
  ConvertTextToElementsXML: {
    params: ['target', 'xpath?', 'element_name?'],
    prepare([, path, name]) {
      const select = compileXPath(typeof path === 'string' ? path : '//*');
      const element = typeof name === 'string' ? name : 'value';
      return ([text]) => {
        const document = documentOf(textOf(text));
        for (const node of select(document)) if (node instanceof XmlNode) wrapTexts(node, element);
        return writeXml(document);
      };
    },
  },
};

/** A converter whose second argument is an XPath, which must be a constant. */
function withPath(
  params: readonly string[],
  preset: string | undefined,
  evaluate: (args: readonly OttlValue[], select: Selector) => OttlValue,
): Converter {
  return {
    params,
    prepare([, path]) {
      const text = path ?? preset;
      if (typeof text !== 'string') throw new Error('the XPath must be a text in quotes');
      const select = compileXPath(text);
      return (args) => evaluate(args, select);
    },
  };
}

/** The document; a declaration that was only assumed is not part of it. */
function documentOf(text: string): XmlNode {
  return guarded(() => parseXml(text));
}

function guarded<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof XmlSyntaxError)) throw error;
    throw new OttlEvaluationError(`parse xml: ${error.message}`);
  }
}

function selectedText(nodes: readonly Selected[]): string {
  const result = new XmlNode('document');
  for (const node of nodes) {
    if (node instanceof SelectedAttribute) result.append(new XmlNode('text', { text: node.attribute.value }));
    else if (node.type === 'element' || node.type === 'text') result.children.push(node);
    else if (node.type === 'cdata') result.append(new XmlNode('text', { text: node.text }));
  }
  return writeXml(result);
}

/** Parent by parent, so that many siblings cost one pass. Texts are emptied instead, as in the collector. */
function removeAll(selected: readonly Selected[]): void {
  const nodes = new Map<XmlNode, Set<XmlNode>>();
  const attributes = new Map<XmlNode, Set<string>>();
  for (const one of selected) {
    if (one instanceof SelectedAttribute) put(attributes, one.owner, one.attribute.name);
    else if (one.type === 'text') one.text = '';
    else if (one.parent !== undefined && one.type !== 'declaration') put(nodes, one.parent, one);
  }
  for (const [parent, gone] of nodes) parent.children = parent.children.filter((child) => !gone.has(child));
  // Only attributes without a prefix can be removed, as in the collector.
  for (const [owner, gone] of attributes) {
    owner.attributes = owner.attributes.filter(({ prefix, name }) => prefix !== '' || !gone.has(name));
  }
}

function put<T>(sets: Map<XmlNode, Set<T>>, key: XmlNode, value: T): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

/** Texts beside other texts or elements become elements, on every level. */
function wrapTexts(node: XmlNode, name: string): void {
  const elements = node.children.filter(({ type }) => type === 'element');
  for (const element of elements) wrapTexts(element, name);
  const texts = node.children.filter(({ type }) => type === 'text');
  if (texts.length === 0 || elements.length + texts.length <= 1) return;
  for (const text of texts) {
    const content = new XmlNode('text', { text: text.text });
    text.type = 'element';
    text.name = name;
    text.append(content);
  }
}

function parsed(text: string): XmlMap {
  const { element, end } = guarded(() => parseXmlElement(text));
  if (end !== text.length) throw new OttlEvaluationError('trailing bytes after parsing xml');
  return elementMap(element);
}

function elementMap(element: XmlNode): XmlMap {
  const map: XmlMap = new Map<string, OttlValue>([['tag', element.name]]);
  const texts = element.children.filter(({ type }) => type === 'text' || type === 'cdata');
  const content = texts.map(({ text }) => text.trim()).join('');
  if (content !== '') map.set('content', content);
  if (element.attributes.length > 0) {
    map.set('attributes', new Map(element.attributes.map(({ name, value }) => [name, value])));
  }
  const children = element.children.filter(({ type }) => type === 'element');
  if (children.length > 0) map.set('children', children.map(elementMap));
  return map;
}

/** Names to texts and maps; a list where a name occurs more than once. Attributes and empty elements are left out. */
function simplified(parent: XmlNode): XmlMap {
  const map: XmlMap = new Map();
  const elements = parent.children.filter(({ type }) => type === 'element');
  const counts = new Map<string, number>();
  for (const { name } of elements) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const element of elements) {
    if (element.children.length === 0) continue;
    const isRepeated = (counts.get(element.name) ?? 0) > 1;
    if (isRepeated && !map.has(element.name)) map.set(element.name, []);
    const leaf = leafText(element);
    const value: OttlValue = leaf === '' ? simplified(element) : leaf;
    if (value instanceof Map && value.size === 0) continue;
    const list = map.get(element.name);
    if (isRepeated && Array.isArray(list)) list.push(value);
    else map.set(element.name, value);
  }
  return map;
}

function leafText(element: XmlNode): string {
  if (element.children.some(({ type }) => type === 'element')) return '';
  return element.children.find(({ type }) => type === 'text' || type === 'cdata')?.text ?? '';
}
