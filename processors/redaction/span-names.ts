// Ids in the names of HTTP spans and values in the names of database spans. Names are seen next to the attributes that are
// left, which say what kind of span it is.

import type { AttributesDraft } from '../../proto/otlp/attributes-draft.ts';
import type { MessageDraft } from '../../proto/otlp/message-draft.ts';
import { SPAN, type SpanView } from '../../proto/otlp/spans.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';
import type { RedactionConfig } from './config.ts';
import { databaseSystemOf, type DbSanitizer } from './db/db-sanitizer.ts';
import type { UrlSanitizer } from './url/url-sanitizer.ts';
import type { ValueRedactor } from './value-redactor.ts';

const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;

const HTTP_KEYS = [
  'http.route',
  'http.request.method',
  'http.request.method_original',
  'http.response.status_code',
  'url.full',
  'http.scheme',
  'http.target',
  'http.method',
  'http.url',
].map(encodeUtf8);

export class SpanNames {
  readonly #values: ValueRedactor;
  readonly #urls: UrlSanitizer | undefined;
  readonly #statements: DbSanitizer | undefined;

  constructor(
    config: RedactionConfig,
    values: ValueRedactor,
    urls: UrlSanitizer | undefined,
    statements: DbSanitizer | undefined,
  ) {
    this.#values = values;
    this.#urls = config.url_sanitizer.sanitize_span_name ? urls : undefined;
    this.#statements = config.db_sanitizer.sanitize_span_name ? statements : undefined;
  }

  /** After the span's attributes. */
  apply(draft: MessageDraft, span: SpanView): void {
    if (this.#urls === undefined && this.#statements === undefined) return;
    const { kind } = span;
    if (kind !== SERVER && kind !== CLIENT && kind !== INTERNAL) return;
    const { name } = span;
    if (name === '' || this.#values.isAllowed(name)) return;
    const sanitized = this.#withoutIds(name, kind, draft.attributes) ?? this.#withoutValues(name, draft.attributes);
    // The three dots are all that is left of a statement that could not be read.
    if (sanitized !== name && sanitized !== '' && sanitized !== '...')
      draft.setString(SPAN.name, encodeUtf8(sanitized));
  }

  /** Undefined where the span is none of HTTP, has no ids in its name, or nothing else. */
  #withoutIds(name: string, kind: number, attributes: AttributesDraft): string | undefined {
    if (this.#urls === undefined || kind === INTERNAL) return undefined;
    if (!name.includes('/') && !HTTP_KEYS.some((key) => attributes.find(key) >= 0)) return undefined;
    const sanitized = this.#urls.sanitize(name);
    return sanitized === name || isNothingButStars(sanitized) ? undefined : sanitized;
  }

  #withoutValues(name: string, attributes: AttributesDraft): string {
    const system = this.#statements === undefined ? '' : databaseSystemOf(attributes);
    return system === '' ? name : (this.#statements?.ofSpanName(name, system) ?? name);
  }
}

function isNothingButStars(path: string): boolean {
  const segments = path.split('/').filter((segment) => segment !== '');
  return segments.length > 0 && segments.every((segment) => segment === '*');
}
