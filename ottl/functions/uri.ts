// Takes URIs apart as Go's net/url does, into the attributes of OpenTelemetry's conventions.

import { OttlEvaluationError, type OttlValue } from '../value.ts';

type Parts = Map<string, OttlValue>;

/** Throws where the text is no URI. A text that begins with `?` is a query: its keys to lists of values. */
export function parseUri(text: string): Parts {
  if (text === '') throw new OttlEvaluationError('url cannot be empty');
  if (text.startsWith('?')) return queryLists(text.slice(1));
  // oxlint-disable-next-line no-control-regex -- these are the characters that are looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) throw failure(text, 'invalid control character in URL');
  const [beforeFragment, fragment = ''] = cut(text, '#');
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*(?=:)/.exec(beforeFragment)?.[0] ?? '';
  if (scheme === '' && beforeFragment.startsWith(':')) throw failure(text, 'missing protocol scheme');
  const [rest, query = ''] = cut(beforeFragment.slice(scheme === '' ? 0 : scheme.length + 1), '?');
  const isOpaque = scheme !== '' && !rest.startsWith('/');
  if (scheme === '' && /^[^/]*:/.test(rest)) throw failure(text, 'first path segment in URL cannot contain colon');
  const [, authority, rawPath = ''] = /^(?:\/\/([^/]*))?(.*)$/s.exec(isOpaque ? '' : rest) ?? [];
  const path = unescaped(rawPath, text);
  const parts: Parts = new Map<string, OttlValue>([
    ['url.original', ''],
    ['url.domain', ''],
    ['url.scheme', scheme.toLowerCase()],
    ['url.path', path],
  ]);
  if (authority !== undefined) putAuthority(parts, authority, text);
  if (fragment !== '') parts.set('url.fragment', unescaped(fragment, text));
  if (query !== '') parts.set('url.query', query);
  const period = path.lastIndexOf('.');
  if (period >= 0 && period < path.length - 1) parts.set('url.extension', path.slice(period + 1));
  const start = scheme === '' ? rest : `${scheme.toLowerCase()}:${rest}`;
  const hasQuery = beforeFragment.includes('?');
  parts.set('url.original', `${start}${hasQuery ? `?${query}` : ''}${fragment === '' ? '' : `#${fragment}`}`);
  return parts;
}

function putAuthority(parts: Parts, authority: string, text: string): void {
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  if (at >= 0) {
    const [name, password] = cut(authority.slice(0, at), ':');
    parts.set('url.user_info', authority.slice(0, at));
    if (name !== '') parts.set('url.username', unescaped(name, text));
    if (password !== undefined) parts.set('url.password', unescaped(password, text));
  }
  const [, bracketed, plain = '', port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(:.*)?$/s.exec(host) ?? [];
  if (!/^(?::\d*)?$/.test(port)) throw failure(text, `invalid port ${JSON.stringify(port)} after host`);
  const wrong = /[ "<>^`{|}\\]/.exec(plain)?.[0];
  if (wrong !== undefined) throw failure(text, `invalid character ${JSON.stringify(wrong)} in host name`);
  parts.set('url.domain', unescaped(bracketed ?? plain, text));
  if (port.length > 1) parts.set('url.port', BigInt(port.slice(1)));
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function unescaped(text: string, whole: string): string {
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text)?.[0];
  if (wrong !== undefined) throw failure(whole, `invalid URL escape ${JSON.stringify(wrong)}`);
  const bytes = text.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  );
  return bytes;
}

function queryLists(query: string): Parts {
  const lists = new Map<string, OttlValue[]>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const [key, value = ''] = cut(pair, '=').map((part) => unescaped((part ?? '').replaceAll('+', ' '), query));
    const list = lists.get(key ?? '');
    if (list === undefined) lists.set(key ?? '', [value]);
    else list.push(value);
  }
  return new Map(lists);
}

function failure(text: string, reason: string): OttlEvaluationError {
  return new OttlEvaluationError(`parse ${JSON.stringify(text)}: ${reason}`);
}
