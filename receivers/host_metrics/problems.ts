// What could not be read: counted per scrape, and said in the log once until it changes.

import type { ComponentLogger } from '../../pipeline/telemetry.ts';

/** Distinct problems that are remembered; further ones are counted but not said. */
const MAX_KNOWN = 256;

export class Problems {
  readonly #log: ComponentLogger;
  readonly #scraper: string;
  /** Reasons by place, of the last scrape and of this one. */
  #known = new Map<string, string>();
  #current = new Map<string, string>();
  #lost = 0;

  constructor(log: ComponentLogger, scraper: string) {
    this.#log = log;
    this.#scraper = scraper;
  }

  /** A file, mount or process could not be read, which cost `points` data points. */
  note(place: string, reason: string, points = 1): void {
    this.#lost += points;
    if (this.#current.has(place) || this.#current.size >= MAX_KNOWN) return;
    this.#current.set(place, reason);
    if (this.#known.get(place) === reason) return;
    this.#log.warn({ scraper: this.#scraper, place, reason }, 'host metrics are missing');
  }

  /** The same for what was thrown by a system call or a parser. */
  noteError(place: string, error: unknown, points = 1): void {
    this.note(place, reasonOf(error), points);
  }

  /** Ends the scrape; gives the points that it lost. */
  settle(): number {
    for (const place of this.#known.keys()) {
      if (!this.#current.has(place)) this.#log.info({ scraper: this.#scraper, place }, 'host metrics are back');
    }
    this.#known = this.#current;
    this.#current = new Map();
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }
}

/** The system's own word for it (`ENOENT`) where there is one, as messages name process ids and differ each time. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code ?? error.message;
}
