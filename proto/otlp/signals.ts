// The signals by name. The same words as pipeline/signal.ts, which this room may not import.

export type OtlpSignal = 'traces' | 'metrics' | 'logs' | 'profiles';
