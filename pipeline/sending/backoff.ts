// Waiting between attempts: exponential with jitter, never shorter than the destination asked for.

/** `retry_on_failure` in ms; `maxElapsedMs` 0 means for ever. */
export interface RetrySettings {
  readonly enabled: boolean;
  readonly initialIntervalMs: number;
  readonly randomizationFactor: number;
  readonly multiplier: number;
  readonly maxIntervalMs: number;
  readonly maxElapsedMs: number;
}

/** The longest that Node's timers can wait, 24.8 days; of anything longer they make one millisecond. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The delay before the next attempt in ms, or undefined when time is up. `attempt` counts from 0. The formula is that of
 * the collector's backoff: interval = min(initial × multiplier^attempt, max), spread over ± randomizationFactor.
 */
export function nextDelayMs(
  settings: RetrySettings,
  attempt: number,
  elapsedMs: number,
  askedMs: number | undefined,
  random: () => number,
): number | undefined {
  const base = Math.min(settings.initialIntervalMs * settings.multiplier ** attempt, settings.maxIntervalMs);
  const jittered = base * (1 + settings.randomizationFactor * (2 * random() - 1));
  const delay = Math.min(Math.max(jittered, askedMs ?? 0), MAX_TIMER_MS);
  if (settings.maxElapsedMs > 0 && elapsedMs + delay > settings.maxElapsedMs) return undefined;
  return delay;
}
