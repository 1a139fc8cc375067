// The log of a further thread: lines go to the main thread, which writes them where all others go.

import type { LogSource } from '../own-telemetry/component-telemetry.ts';
import type { ComponentLogger } from '../telemetry.ts';
import type { LogLevel, News } from './messages.ts';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export class ForwardedLogs implements LogSource {
  readonly root: ComponentLogger;
  readonly #post: (news: News) => void;
  readonly #least: number;

  constructor(level: LogLevel, post: (news: News) => void) {
    this.#post = post;
    this.#least = RANK[level];
    this.root = this.child({});
  }

  child(own: Readonly<Record<string, string>>): ComponentLogger {
    const at =
      (level: LogLevel) =>
      (line: object, message: string): void => {
        if (RANK[level] >= this.#least) this.#send(level, own, line, message);
      };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }

  #send(level: LogLevel, own: Readonly<Record<string, string>>, line: object, message: string): void {
    try {
      this.#post({ news: 'log', level, own, line, message });
    } catch {
      // A field that can not be sent (a function, a socket) must not cost the line.
      const texts = Object.fromEntries(Object.entries(line).map(([name, value]) => [name, String(value)]));
      this.#post({ news: 'log', level, own, line: texts, message });
    }
  }
}
