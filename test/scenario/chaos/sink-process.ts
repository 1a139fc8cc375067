// The sink as the director of a run sees it: started on the same ports again and again, told how to answer, and what its
// file says.

import { readFileSync } from 'node:fs';
import type { Network } from './network.ts';
import type { Plan, SinkMode } from './plan.ts';
import { Companion } from './processes.ts';
import type { SinkLine, SinkPorts } from './sink.ts';

export class SinkProcess {
  readonly #file: string;
  readonly #network: Network;
  readonly #protocol: Plan['protocol'];
  readonly #onEnd: (reason: string) => void;
  #companion: Companion | undefined;
  #ports: SinkPorts = { grpc: 0, http: 0 };
  #generation = 0;

  constructor(file: string, network: Network, protocol: Plan['protocol'], onEnd: (reason: string) => void) {
    this.#onEnd = onEnd;
    this.#file = file;
    this.#network = network;
    this.#protocol = protocol;
  }

  get port(): number {
    return this.#ports[this.#protocol];
  }

  async start(): Promise<void> {
    this.#generation += 1;
    const args = [this.#file, String(this.#generation), this.#network.sinkHost, JSON.stringify(this.#ports)];
    const { companion, first } = await Companion.start('sink.ts', args, this.#network.namespace);
    this.#companion = companion;
    companion.child.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL') this.#onEnd(`the sink ended by itself: ${code ?? signal}`);
    });
    // The first thing that sink.ts says.
    this.#ports = first as SinkPorts;
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
    const lines = readFileSync(this.#file, 'utf8').split('\n');
    // What sink.ts writes; the last one is empty, or the beginning of one.
    return lines.slice(0, -1).flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as SinkLine] : []));
  }
}
