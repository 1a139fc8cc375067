// The answer of an OAuth 2.0 token endpoint (RFC 6749, section 5), and what a request to it is written with.

export interface Token {
  /** The value of the Authorization header. */
  readonly header: string;
  /** Milliseconds; undefined where the server does not say. */
  readonly lifetimeMs: number | undefined;
}

interface TokenAnswer {
  readonly status: number;
  readonly text: string;
}

/** As a form does (RFC 6749, appendix B), which is what section 2.3.1 asks for. */
export function formEncoded(text: string): string {
  return new URLSearchParams({ x: text }).toString().slice(2);
}

export function isTokenAnswer(answer: TokenAnswer): boolean {
  return answer.status >= 200 && answer.status <= 299;
}

/** The token in a successful answer (RFC 6749, section 5.1). Fails with the server's error code (5.2). */
export function tokenIn(answer: TokenAnswer): Token {
  const body = fieldsOf(answer.text);
  if (!isTokenAnswer(answer)) {
    const code = typeof body['error'] === 'string' ? `: ${body['error'].slice(0, 100)}` : '';
    throw new Error(`the token endpoint answered ${answer.status}${code}`);
  }
  const { access_token: token, token_type: type, expires_in: expires } = body;
  if (typeof token !== 'string' || token === '')
    throw new Error('the answer of the token endpoint has no access_token');
  const seconds = Number(expires ?? 0);
  return {
    header: `${schemeOf(typeof type === 'string' ? type : '')} ${token}`,
    lifetimeMs: seconds > 0 ? seconds * 1000 : undefined,
  };
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // Some servers answer with a form.
    return Object.fromEntries(new URLSearchParams(text));
  }
}

/** Types are not case-sensitive, but servers are: the usual spelling, and others as they come. */
function schemeOf(type: string): string {
  const known: Readonly<Record<string, string>> = { '': 'Bearer', bearer: 'Bearer', mac: 'MAC', basic: 'Basic' };
  return known[type.toLowerCase()] ?? type;
}
