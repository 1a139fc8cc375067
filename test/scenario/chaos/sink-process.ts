// The sink as the director of a run sees it: started on the same ports again and again, told how to answer, and what its
// file says.

import { readFileSync } from 'node:fs';
import type { Network } from './network.ts';
import type { SinkMode } from './plan.ts';
import { Companion } from './processes.ts';
import type { SinkLine, SinkPorts } from './sink.ts';

export interface SinkOptions {
  readonly file: string;
  readonly network: Network;
  readonly ports: SinkPorts;
  /** It ended, and nobody killed it. */
  readonly onEnd: (reason: string) => void;
}

export class SinkProcess {
  readonly #options: SinkOptions;
  #companion: Companion | undefined;
  #generation = 0;

  constructor(options: SinkOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { file, network, ports, onEnd } = this.#options;
    this.#generation += 1;
    const args = [file, String(this.#generation), network.sinkHost, JSON.stringify(ports)];
    this.#companion = await Companion.start('sink.ts', args, network.namespace);
    this.#companion.child.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL') onEnd(`the sink ended by itself: ${code ?? signal}`);
    });
  }

  async be(mode: SinkMode): Promise<void> {
    await this.#companion?.ask({ mode });
  }

  signal(name: NodeJS.Signals): void {
    this.#companion?.child.kill(name);
  }

  async kill(): Promise<void> {
    await this.#companion?.kill();
  }

  /** What is written down so far; a line that is not whole was not answered. */
  lines(): SinkLine[] {
    const lines = readFileSync(this.#options.file, 'utf8').split('\n');
    // What sink.ts writes; the last one is empty, or the beginning of one.
    return lines.slice(0, -1).flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as SinkLine] : []));
  }
}
