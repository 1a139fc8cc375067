// A process that hands connections on to a port of this machine, so that it can be stopped and continued: then the kernel
// takes connections for it until the backlog is full, and no more. Started by fork with the port; it sends its own.

import net from 'node:net';

const BACKLOG = 1;

const server = net.createServer((socket) => {
  const inner = net.connect(Number(process.argv[2]), '127.0.0.1');
  for (const end of [socket, inner]) end.on('error', () => undefined);
  socket.on('close', () => inner.destroy());
  inner.on('close', () => socket.destroy());
  socket.pipe(inner).pipe(socket);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => {
  const address = server.address();
  if (typeof address === 'object' && address) process.send?.(address.port);
});
process.on('disconnect', () => process.exit(0));
