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
  TLS_MATERIAL: {
    summary: 'A certificate, key or CA file can not be used.',
    explanation:
      'The file is missing, unreadable for the user the agent runs as, not PEM, or the certificate and the key do not belong together. The message names the file and the key of the configuration.',
  },
  GRAPH_CYCLE: {
    summary: 'Connectors lead data back to where it came from.',
    explanation:
      'Following the pipelines from exporter-side connectors to receiver-side connectors ends where it began, so data would never leave. The message shows the path; take one of the connectors out.',
  },
  START_FAILED: {
    summary: 'A component could not start.',
    explanation:
      'The configuration is valid but the component failed when it was started: the message says why. Nothing keeps running half: at start the agent exits, on a reload the old configuration stays in use.',
  },
} as const satisfies Readonly<Record<string, ErrorExplanation>>;

export type ErrorCode = keyof typeof ERROR_CODES;
