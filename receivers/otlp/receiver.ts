// The receiver as a component: one listener per protocol that is configured.

import type { ComponentContext, Outputs, Receiver } from '../../pipeline/component.ts';
import type { OtlpReceiverConfig } from './config.ts';
import { OtlpGrpcListener } from './grpc.ts';
import { OtlpHttpListener } from './http.ts';

interface Listener {
  start(): Promise<void>;
  stop(deadline: AbortSignal): Promise<void>;
  refresh(): Promise<void>;
}

export class OtlpReceiver implements Receiver {
  readonly #listeners: readonly Listener[];

  constructor(config: OtlpReceiverConfig, context: ComponentContext, outputs: Outputs) {
    const { grpc, http } = config.protocols;
    this.#listeners = [
      ...(grpc ? [new OtlpGrpcListener(grpc, context, outputs)] : []),
      ...(http ? [new OtlpHttpListener(http, context, outputs)] : []),
    ];
  }

  async start(): Promise<void> {
    for (const listener of this.#listeners) await listener.start();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.stop(deadline)));
  }

  async refresh(): Promise<void> {
    for (const listener of this.#listeners) await listener.refresh();
  }
}
