// XML as a tree that can be edited and written back: what the XML functions of OTTL work on. Strict as Go's encoding/xml;
// the tree and its text are those of the collector's library (antchfx/xmlquery).

export interface XmlAttribute {
  readonly prefix: string;
  readonly name: string;
  readonly value: string;
}

export type XmlType =
  | 'document'
  | 'element'
  | 'text'
  | 'cdata'
  | 'comment'
  | 'declaration'
  | 'instruction'
  | 'directive';

/** One node. `text` is the content of text, cdata and comments, and what stands in `<?…?>` and `<!…>`. */
export class XmlNode {
  type: XmlType;
  prefix = '';
  /** The local name of an element. */
  name = '';
  text = '';
  attributes: XmlAttribute[] = [];
  children: XmlNode[] = [];
  parent: XmlNode | undefined;

  constructor(type: XmlType, fields: { name?: string; text?: string } = {}) {
    this.type = type;
    this.name = fields.name ?? '';
    this.text = fields.text ?? '';
  }

  append(child: XmlNode): void {
    child.parent = this;
    this.children.push(child);
  }

  /** The text of this node and all below it, comments left out. */
  get innerText(): string {
    if (this.type === 'text' || this.type === 'cdata') return this.text;
    return this.type === 'comment' ? '' : this.children.map((child) => child.innerText).join('');
  }
}

/** The text is no well-formed XML. */
export class XmlSyntaxError extends Error {
  override readonly name = 'XmlSyntaxError';
}

/** Deeper nesting is refused: whoever walks the tree may call itself. The collector's limit is ten times as much. */
const MAX_DEPTH = 1_000;
const NAME = /[\p{L}_:][\p{L}\p{N}\p{M}_:.·-]*/uy;
const BLANKS = /[ \t\r\n]*/y;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', apos: "'", quot: '"' };

/**
 * The document. What stands before the first element, but for a declaration, is left out; there must be an element.
 * Throws XmlSyntaxError.
 */
export function parseXml(text: string): XmlNode {
  const reader = new XmlReader(text);
  const root = reader.document();
  if (!root.children.some(({ type }) => type === 'element')) throw new XmlSyntaxError('invalid XML document');
  return root;
}

/** The first element, and where in the text it ends. Throws XmlSyntaxError. */
export function parseXmlElement(text: string): { readonly element: XmlNode; readonly end: number } {
  const reader = new XmlReader(text);
  return reader.firstElement();
}

class XmlReader {
  readonly #text: string;
  #at = 0;
  readonly #root = new XmlNode('document');
  #current = this.#root;
  #depth = 0;
  /** Prefixes that are declared, one list per open element. */
  readonly #prefixes: string[][] = [['xml', 'xmlns']];

  constructor(text: string) {
    this.#text = text.replaceAll(/\r\n?/g, '\n');
  }

  document(): XmlNode {
    while (this.#at < this.#text.length) this.#next();
    if (this.#current !== this.#root) throw this.#error('unexpected EOF');
    return this.#root;
  }

  firstElement(): { element: XmlNode; end: number } {
    for (;;) {
      if (this.#at >= this.#text.length) {
        throw this.#current === this.#root ? new XmlSyntaxError('EOF') : this.#error('unexpected EOF');
      }
      this.#next();
      const element = this.#root.children.find(({ type }) => type === 'element');
      if (element && this.#current === this.#root) return { element, end: this.#at };
    }
  }

  #next(): void {
    const text = this.#text;
    if (text[this.#at] !== '<') {
      const end = text.indexOf('<', this.#at);
      const raw = text.slice(this.#at, end === -1 ? text.length : end);
      if (raw.includes(']]>')) throw this.#error('unescaped ]]> not in CDATA section');
      this.#add(new XmlNode('text', { text: this.#resolved(raw) }));
      this.#at += raw.length;
    } else if (text.startsWith('<!--', this.#at)) {
      this.#add(new XmlNode('comment', { text: this.#until('<!--', '-->') }));
    } else if (text.startsWith('<![CDATA[', this.#at)) {
      this.#add(new XmlNode('cdata', { text: this.#until('<![CDATA[', ']]>') }));
    } else if (text.startsWith('<?', this.#at)) {
      this.#instruction(this.#until('<?', '?>'));
    } else if (text.startsWith('<!', this.#at)) {
      this.#add(new XmlNode('directive', { text: this.#until('<!', '>') }));
    } else if (text.startsWith('</', this.#at)) this.#close();
    else this.#open();
  }

  /** Outside of elements only what follows the first one or the declaration is kept. */
  #add(node: XmlNode): void {
    if (this.#current === this.#root && this.#root.children.length === 0) return;
    this.#current.append(node);
  }

  #instruction(content: string): void {
    const [target = ''] = /^\S*/.exec(content) ?? [];
    const isDeclaration = target === 'xml';
    if (!isDeclaration) {
      this.#add(new XmlNode('instruction', { name: target, text: content.slice(target.length).trim() }));
      return;
    }
    const node = new XmlNode('declaration', { name: target });
    for (const pair of content.slice(target.length).split(' ')) {
      const equals = pair.trim().indexOf('=');
      if (equals <= 0) continue;
      const value = pair
        .trim()
        .slice(equals + 1)
        .replaceAll(/^["']+|["']+$/g, '');
      node.attributes.push({ prefix: '', name: pair.trim().slice(0, equals), value });
    }
    this.#current.append(node);
  }

  #open(): void {
    this.#at += 1;
    const { prefix, name } = this.#qualified();
    const node = new XmlNode('element', { name });
    node.prefix = prefix;
    const declared: string[] = [];
    for (;;) {
      this.#skipBlanks();
      if (this.#take('/>') || this.#text[this.#at] === '>') break;
      const attribute = this.#attribute();
      if (attribute.prefix === 'xmlns') declared.push(attribute.name);
      node.attributes.push(attribute);
    }
    const isClosed = this.#text[this.#at - 1] === '>' && this.#text[this.#at - 2] === '/';
    if (!isClosed) this.#at += 1;
    this.#prefixes.push(declared);
    if (prefix !== '' && !this.#prefixes.some((known) => known.includes(prefix))) {
      throw new XmlSyntaxError(`invalid XML document, namespace ${prefix} is missing`);
    }
    this.#current.append(node);
    if (isClosed) {
      this.#prefixes.pop();
      return;
    }
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new XmlSyntaxError(`exceeded maximum XML nesting depth of ${MAX_DEPTH}`);
    this.#current = node;
  }

  #close(): void {
    this.#at += 2;
    const { prefix, name } = this.#qualified();
    this.#skipBlanks();
    if (!this.#take('>')) throw this.#error(`invalid characters between </${name} and >`);
    const open = this.#current;
    if (open.parent === undefined) throw this.#error(`unexpected end element </${name}>`);
    if (open.name !== name || open.prefix !== prefix) throw this.#error(`element <${open.name}> closed by </${name}>`);
    this.#prefixes.pop();
    this.#depth -= 1;
    this.#current = open.parent;
  }

  #attribute(): XmlAttribute {
    const { prefix, name } = this.#qualified();
    this.#skipBlanks();
    if (!this.#take('=')) throw this.#error('attribute name without = in element');
    this.#skipBlanks();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") throw this.#error('unquoted or missing attribute value in element');
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end === -1) throw this.#error('unexpected EOF');
    const raw = this.#text.slice(this.#at + 1, end);
    if (raw.includes('<')) throw this.#error('unescaped < inside quoted string');
    this.#at = end + 1;
    return { prefix, name, value: this.#resolved(raw) };
  }

  #qualified(): { prefix: string; name: string } {
    NAME.lastIndex = this.#at;
    const [whole = ''] = NAME.exec(this.#text) ?? [];
    if (whole === '')
      throw this.#error(this.#at >= this.#text.length ? 'unexpected EOF' : 'expected element name after <');
    this.#at += whole.length;
    const colon = whole.indexOf(':');
    if (colon <= 0 || colon === whole.length - 1) return { prefix: '', name: whole };
    return { prefix: whole.slice(0, colon), name: whole.slice(colon + 1) };
  }

  /** The text with its entities replaced. */
  #resolved(raw: string): string {
    if (!raw.includes('&')) return raw;
    return raw.replaceAll(/&([^;&\s]*);?/g, (whole: string, name: string) => {
      const known = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
      const [, hex, decimal] = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(name) ?? [];
      const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      if (!whole.endsWith(';')) throw this.#error(`invalid character entity ${whole} (no semicolon)`);
      if (known !== undefined) return known;
      if (point > 0 && point <= 0x10_ffff && !(point >= 0xd800 && point <= 0xdfff)) return String.fromCodePoint(point);
      throw this.#error(`invalid character entity ${whole}`);
    });
  }

  #until(open: string, close: string): string {
    const start = this.#at + open.length;
    const end = this.#text.indexOf(close, start);
    if (end === -1) throw this.#error('unexpected EOF');
    this.#at = end + close.length;
    return this.#text.slice(start, end);
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #skipBlanks(): void {
    BLANKS.lastIndex = this.#at;
    BLANKS.exec(this.#text);
    this.#at = BLANKS.lastIndex;
    if (this.#at >= this.#text.length) throw this.#error('unexpected EOF');
  }

  #error(what: string): XmlSyntaxError {
    const line = this.#text.slice(0, this.#at).split('\n').length;
    return new XmlSyntaxError(`XML syntax error on line ${line}: ${what}`);
  }
}

/** The node's children as text; elements without content are written with both tags. */
export function writeXml(node: XmlNode): string {
  return node.children.map(written).join('');
}

function written(node: XmlNode): string {
  switch (node.type) {
    case 'text':
      return escaped(node.text);
    case 'cdata':
      return `<![CDATA[${node.text}]]>`;
    case 'comment':
      return `<!--${node.text}-->`;
    case 'directive':
      return `<!${node.text}>`;
    case 'instruction':
      return `<?${node.name}${node.text === '' ? '' : ` ${node.text}`}?>`;
    case 'declaration':
      return `<?${node.name}${attributesText(node)}?>`;
    default: {
      const name = node.prefix === '' ? node.name : `${node.prefix}:${node.name}`;
      return `<${name}${attributesText(node)}>${writeXml(node)}</${name}>`;
    }
  }
}

function attributesText({ attributes }: XmlNode): string {
  return attributes
    .map(({ prefix, name, value }) => ` ${prefix === '' ? '' : `${prefix}:`}${name}="${escaped(value)}"`)
    .join('');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  "'": '&#39;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&'<>"]/g, (character) => ESCAPES[character] ?? character);
}
