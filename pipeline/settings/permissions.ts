// Octal permission bits as text, as in `directory_permissions`.

/** The bits; undefined where the text is not octal. */
export function parsePermissions(text: string): number | undefined {
  return /^(?:0o?)?[0-7]{1,4}$/.test(text) ? Number.parseInt(text.replace('o', ''), 8) : undefined;
}
