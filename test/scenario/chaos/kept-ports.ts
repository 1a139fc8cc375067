// Ports that stay free while who listens on them is down: outside of the range from which the kernel takes ports for
// connections and for whoever asks for any (net.ipv4.ip_local_port_range begins at 32768).

import { once } from 'node:events';
import net from 'node:net';

const FIRST = 12_000;
const COUNT = 20_000;

/** So many ports of 127.0.0.1, others for each process that runs at the same time. */
export async function keptPorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let step = 0; ports.length < count; step += 1) {
    if (step === COUNT) throw new Error(`no ${count} ports are free`);
    const port = FIRST + ((process.pid * 16 + step) % COUNT);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
