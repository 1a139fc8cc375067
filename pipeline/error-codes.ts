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
  CONFIG_SOURCE_UNREADABLE: {
    summary: 'A configuration source could not be read.',
    explanation:
      'A file, URL or environment variable named by --config or by ${…} could not be read: it does not exist, may not be read by this user, is larger than 16 MiB, or did not answer. The message says which.',
  },
  CONFIG_SCHEME_UNSUPPORTED: {
    summary: 'A configuration source has an unknown scheme.',
    explanation:
      'Sources are file:, env:, yaml:, http: and https:; a bare path is a file. A $ that is meant literally is written $$.',
  },
  CONFIG_NOT_A_MAP: {
    summary: 'A configuration source is not a map of keys to values.',
    explanation:
      'The top of a configuration is a map with the keys receivers, processors, exporters, connectors, extensions and service.',
  },
  CONFIG_EXPANSION_FAILED: {
    summary: 'A ${…} in the configuration could not be replaced.',
    explanation:
      'Environment variables are written ${env:NAME} or ${NAME}, with a default ${env:NAME:-value}; names are letters, digits and underscores. A $ that is meant literally is written $$.',
  },
  CONFIG_TOO_MANY_EXPANSIONS: {
    summary: 'The replacement of ${…} does not come to an end.',
    explanation:
      'A value was replaced a thousand times and still holds a ${…}, or holds more than 100 of them; usually a variable that names itself.',
  },
  CONFIG_SET_INVALID: {
    summary: 'A --set option is not of the form key=value.',
    explanation: 'Write the path with dots and the value as YAML: --set processors.batch.timeout=2s.',
  },
  CONFIG_EMPTY: {
    summary: 'The configuration lacks receivers or exporters.',
    explanation: 'An agent needs at least one receiver and one exporter, and a pipeline that joins them.',
  },
  CONFIG_KEY_UNKNOWN: {
    summary: 'A key that does not exist.',
    explanation:
      'The section does not know this key; the message names the nearest known one. `genesis-agent schema` prints all keys.',
  },
  CONFIG_KEY_MISSING: {
    summary: 'A required key is missing.',
    explanation: 'The section does not work without this key; add it.',
  },
  CONFIG_TYPE_WRONG: {
    summary: 'A value has the wrong type.',
    explanation:
      'For example text where a number is expected. Text that looks like a number or a truth value is quoted: "0123".',
  },
  CONFIG_VALUE_INVALID: {
    summary: 'A value is not allowed.',
    explanation: 'The value has the right type but breaks a rule, which the message states.',
  },
  CONFIG_ID_INVALID: {
    summary: 'A component or pipeline id is malformed.',
    explanation:
      'Ids are type or type/name: the type starts with a letter and has letters, digits and underscores; the name has no blanks or symbols. A pipeline id starts with traces, metrics, logs or profiles.',
  },
  CONFIG_ID_TWICE: {
    summary: 'Two ids mean the same component.',
    explanation:
      'Blanks around an id and the older spelling of a type do not make a different component, and a connector may not share its id with a receiver or exporter. Give one of them a /name.',
  },
  CONFIG_COMPONENT_UNAVAILABLE: {
    summary: 'A component type that this agent does not have.',
    explanation:
      'The configuration may be right for another distribution of the collector. `genesis-agent components` lists what is here.',
  },
  CONFIG_COMPONENT_REMOVED: {
    summary: 'A component type that the collector no longer has.',
    explanation: 'The message names its successor.',
  },
  CONFIG_REFERENCE_UNKNOWN: {
    summary: 'A pipeline or the service names a component that is not configured.',
    explanation:
      'Configure the component in its section (receivers, processors, exporters, connectors, extensions) or correct the name.',
  },
  CONFIG_PIPELINE_INCOMPLETE: {
    summary: 'A pipeline lacks receivers or exporters.',
    explanation: 'Every pipeline has at least one receiver and one exporter, and there is at least one pipeline.',
  },
  CONFIG_PROCESSOR_TWICE: {
    summary: 'A pipeline names the same processor twice.',
    explanation: 'A processor runs once per pipeline; configure a second one with a /name.',
  },
  CONFIG_SIGNAL_UNSUPPORTED: {
    summary: 'A component does not handle the signal of its pipeline.',
    explanation:
      'Each component handles some of traces, metrics, logs and profiles; `genesis-agent components` shows which.',
  },
  CONFIG_CONNECTOR_UNUSED: {
    summary: 'A connector is used on one side only, or for signals it can not join.',
    explanation:
      'A connector is an exporter of one pipeline and a receiver of another; `genesis-agent components` shows which signals it joins.',
  },
  CONFIG_GATED: {
    summary: 'A feature that is switched off by a feature gate.',
    explanation: 'Switch it on with --feature-gates NAME, or remove it from the configuration.',
  },
  FEATURE_GATE_UNKNOWN: {
    summary: 'A feature gate that does not exist or can not be changed.',
    explanation: '`genesis-agent featuregate` lists the gates. --feature-gates a,-b switches a on and b off.',
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
  LOG_OUTPUT: {
    summary: 'The log can not be written as `service.telemetry.logs` says.',
    explanation:
      'A file of `output_paths` or `error_output_paths` could not be opened, or the level does not exist. Create the folder, give the agent the right to write there, or use `stderr`.',
  },
  TELEMETRY_EXPORT: {
    summary: "The export of the agent's own telemetry can not work as configured.",
    explanation:
      'A reader or processor under `service.telemetry` names an exporter, protocol, endpoint or file that can not be used; the message says which.',
  },
  TELEMETRY_VIEW: {
    summary: "A view of the agent's own metrics can not work as configured.",
    explanation:
      'An entry of `service.telemetry.metrics.views` selects nothing or contradicts itself; the message says which and how. A view needs a selector that names at least a metric, a kind, a unit or a scope.',
  },
  AUTHENTICATOR_MISSING: {
    summary: 'A component names an authenticator that is not running or not of its kind.',
    explanation:
      '`auth::authenticator` must name an extension that is configured under `extensions`, listed in `service::extensions`, and able to authenticate clients (at a listener) or requests (at an exporter). bearertokenauth does both; basicauth does one of them, as configured; oidc is for listeners; oauth2client and headers_setter are for exporters.',
  },
  MIDDLEWARE_MISSING: {
    summary: 'A listener names a middleware that is not running or not one.',
    explanation:
      'Each `middlewares` entry of a listener must name an extension that is configured under `extensions`, listed in `service::extensions`, and made to stand before listeners, such as tenant_limits.',
  },
  CREDENTIALS_FILE: {
    summary: 'A file with credentials can not be used.',
    explanation:
      'A file with a token, password, htpasswd lines or public keys is missing, unreadable for the user the agent runs as, empty, or not of the expected form. The message names the file and the key of the configuration, never what is in it.',
  },
  CREDENTIALS_NEED_TLS: {
    summary: 'Credentials would be sent over gRPC without TLS.',
    explanation:
      'As in the collector, a gRPC exporter with `tls::insecure: true` refuses authenticators that send secrets. Turn TLS on, or use otlp_http, which leaves it to you.',
  },
  OIDC_PROVIDER: {
    summary: 'An OpenID Connect provider can not be used.',
    explanation:
      'The discovery document at `issuer_url`/.well-known/openid-configuration or the key set it names could not be fetched or does not fit: the issuer in it must be the `issuer_url` exactly. With `public_keys_file` no provider is asked.',
  },
  STORAGE_MISSING: {
    summary: 'A queue names a storage that is not running.',
    explanation:
      '`sending_queue::storage` must name a storage extension (file_storage) that is configured under `extensions` and listed in `service::extensions`.',
  },
  STORAGE_LOCKED: {
    summary: 'Another process uses the storage folder.',
    explanation:
      'Two agents must not write to the same queue. Stop the other one, or give each a directory of its own. The lock is released by the system when its process ends, however it ends.',
  },
  STORAGE_UNUSABLE: {
    summary: 'A storage folder or a file in it can not be used.',
    explanation:
      'The folder could not be made or read, or a state file in it was written by something else. The message says which; give the user the agent runs as the right to read and write there.',
  },
  URL_INVALID: {
    summary: 'An endpoint is not an http or https URL.',
    explanation:
      'HTTP exporters send to URLs: a scheme, a host and, where it is not the usual one, a port and a path. A variable that is not set often leaves a bare path behind.',
  },
  PATTERN_INVALID: {
    summary: 'A regular expression can not be used.',
    explanation:
      'Patterns are in the dialect of RE2, as in the collector: no look-around, no back-references. In YAML between double quotes a backslash has to be written twice; single quotes or no quotes avoid that.',
  },
  EXPR_INVALID: {
    summary: 'An expression of the expr language is not valid.',
    explanation:
      'The message names line and column and shows the place. Names are those of the setting that holds the expression (MetricName, Label("key") in the filter processor); strings compare with ==, contains, startsWith and matches; several conditions are joined by and, or, not.',
  },
  OTTL_INVALID: {
    summary: 'An OTTL statement or condition is not valid.',
    explanation:
      'The message names the position in the statement, from 1, and the nearest known name where one was not found. Paths start with a context (span.name, resource.attributes["x"]); functions that give values start with a capital letter.',
  },
} as const satisfies Readonly<Record<string, ErrorExplanation>>;

export type ErrorCode = keyof typeof ERROR_CODES;
