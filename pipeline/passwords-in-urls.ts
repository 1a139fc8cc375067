// A URL may hold a password (`http://user:password@proxy:3128`). Whatever is shown goes through here first.

const WITH_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/?#@:"']*):[^\s/?#"']*@/gi;

/** The text with `[REDACTED]` in place of every password in a URL. */
export function withoutPasswords(text: string): string {
  return text.includes('@') ? text.replaceAll(WITH_PASSWORD, '$1:[REDACTED]@') : text;
}
