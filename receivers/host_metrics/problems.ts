// What could not be read: counted per scrape, and said in the log once until it changes.

import type { ComponentLogger } from '../../pipeline/telemetry.ts';

/** Distinct problems that are remembered; further ones are counted but not said. */
const MAX_KNOWN = 256;

/** Scrapes without a problem until it counts as gone: what comes and goes is not said each time. */
const GONE_AFTER = 5;

interface Known {
  reason: string;
  /** Scrapes since it was noted last. */
  absent: number;
}

export class Problems {
  readonly #log: ComponentLogger;
  readonly #scraper: string;
  /** By place. */
  readonly #known = new Map<string, Known>();
  #lost = 0;

  constructor(log: ComponentLogger, scraper: string) {
    this.#log = log;
    this.#scraper = scraper;
  }

  /** A file, mount or process could not be read, which cost `points` data points. */
  note(place: string, reason: string, points = 1): void {
    this.#lost += points;
    const known = this.#known.get(place);
    // Of several reasons in one scrape the first is said.
    if (known && (known.absent === 0 || known.reason === reason)) {
      known.absent = 0;
      return;
    }
    if (!known && this.#known.size >= MAX_KNOWN) return;
    this.#known.set(place, { reason, absent: 0 });
    this.#log.warn({ scraper: this.#scraper, place, reason }, 'host metrics are missing');
  }

  /** The same for what was thrown by a system call or a parser. */
  noteError(place: string, error: unknown, points = 1): void {
    this.note(place, reasonOf(error), points);
  }

  /** Ends the scrape; gives the points that it lost. */
  settle(): number {
    for (const [place, known] of this.#known) {
      if (++known.absent <= GONE_AFTER) continue;
      this.#known.delete(place);
      this.#log.info({ scraper: this.#scraper, place }, 'host metrics are back');
    }
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
