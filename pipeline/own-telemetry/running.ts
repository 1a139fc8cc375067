// What the readers and exporters of the agent's own telemetry look like to whoever owns them.

/** Something that runs until it is stopped. */
export interface Running {
  stop(deadline: AbortSignal): Promise<void>;
}

/** Where own telemetry goes. */
export interface OwnExporter {
  /** For messages. */
  readonly name: string;
  /** What `send` takes. */
  readonly form: 'protobuf' | 'json';
  /** The exporter's own idea of how long one sending may take. */
  readonly timeoutMs: number;
  /** Resolves when the destination has taken the bytes; fails with a sentence. What can not be sent is not kept. */
  send(body: Uint8Array, timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}
