// A small HTTP service under OpenTelemetry's own SDK that sells to itself, an order a second: traces, metrics and logs
// to look at, with a step that is slow now and then and an order that fails now and then.

import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { logs, metrics, SeverityNumber, SpanStatusCode, trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NodeSDK } from '@opentelemetry/sdk-node';

const ORDER_EVERY_MS = 1_000;
const QUICK_MS = 5;
const SLOW_MS = 200;
const EVERY_SLOW = 7;
const EVERY_FAILED = 10;

new NodeSDK({ instrumentations: [new HttpInstrumentation()] }).start();

// The instrumentation changes what `require` gives, so the module is loaded only now. It is the module of that name.
const http = createRequire(import.meta.url)('node:http') as typeof import('node:http');

const tracer = trace.getTracer('demo-shop');
const orders = metrics.getMeter('demo-shop').createCounter('shop.orders', { unit: '{order}' });
const logger = logs.getLogger('demo-shop');

function step(name: string, durationMs: number, failure?: string): Promise<void> {
  return tracer.startActiveSpan(name, async (span) => {
    await sleep(durationMs);
    if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    span.end();
  });
}

async function sell(number: number): Promise<boolean> {
  await step('reserve stock', number % EVERY_SLOW === 0 ? SLOW_MS : QUICK_MS);
  const isSold = number % EVERY_FAILED !== 0;
  await step('charge card', QUICK_MS, isSold ? undefined : 'card declined');
  orders.add(1, { sold: isSold });
  logger.emit({
    body: isSold ? `order ${number} sold` : `order ${number}: card declined`,
    severityNumber: isSold ? SeverityNumber.INFO : SeverityNumber.WARN,
    severityText: isSold ? 'INFO' : 'WARN',
    attributes: { 'order.number': number },
  });
  return isSold;
}

// However the program that started this one ends.
process.once('disconnect', () => process.exit());

const server = http.createServer((request, response) => {
  const number = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('number'));
  void sell(number).then((isSold) => {
    response.statusCode = isSold ? 200 : 402;
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  let number = 0;
  setInterval(() => {
    number += 1;
    http.get(`http://127.0.0.1:${port}/orders?number=${number}`, (answer) => answer.resume());
  }, ORDER_EVERY_MS);
});
