// Octal permission bits as text, as in `directory_permissions`.

/** The bits; undefined where the text is not octal. */
export function parsePermissions(text: string): number | undefined {
  return /^[0-7]{1,5}$/.test(text) ? Number.parseInt(text, 8) : undefined;
}
