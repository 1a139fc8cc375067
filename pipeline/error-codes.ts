// The registry of error codes: `genesis-agent explain CODE` and docs/errors.md come from it, and a test holds both together.

export interface ErrorExplanation {
  /** One line: what it means. */
  readonly summary: string;
  /** When it appears and how to mend it; plain sentences. */
  readonly explanation: string;
}

export const ERROR_CODES = {
  CONFIG_SYNTAX: {
    summary: 'A configuration source is not valid YAML.',
    explanation:
      'The text could not be read as YAML. The message names the line; a wrong indentation or an unquoted special character is the usual cause.',
  },
  LISTEN_FAILED: {
    summary: 'A listening address could not be opened.',
    explanation:
      'The port is in use, the address does not exist on this machine, or the process may not bind it. `ss -ltnp` shows who holds a port; choose another `endpoint` or stop that program.',
  },
} as const satisfies Readonly<Record<string, ErrorExplanation>>;

export type ErrorCode = keyof typeof ERROR_CODES;
