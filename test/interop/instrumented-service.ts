// A small HTTP service under the official OpenTelemetry SDK, set up by environment variables as its users do. It calls
// itself, flushes, and prints as JSON what it did, to be compared with what arrived.

import { createRequire } from 'node:module';
import { logs, metrics, SeverityNumber, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NodeSDK } from '@opentelemetry/sdk-node';

const CALLS = 5;
const spans: Span[] = [];

const sdk = new NodeSDK({
  instrumentations: [new HttpInstrumentation({ applyCustomAttributesOnSpan: (span) => spans.push(span) })],
});
sdk.start();

// The instrumentation changes what `require` gives, so the module is loaded only now.
const http = createRequire(import.meta.url)('node:http') as typeof import('node:http');

const tracer = trace.getTracer('shop', '1.2.3');
const orders = metrics.getMeter('shop').createCounter('shop.orders', { unit: '{order}' });
const weights = metrics.getMeter('shop').createHistogram('shop.weight', { unit: 'kg' });
const logger = logs.getLogger('shop');

function order(number: number): void {
  tracer.startActiveSpan('place order', (span) => {
    span.setAttributes({
      'order.number': number,
      'order.price': 12.5,
      'order.gift': number % 2 === 0,
      'order.note': 'größer als ein Byte ✓',
      'order.items': ['apple', 'pear'],
      'order.sizes': [1, 2, 3],
    });
    span.addEvent('stock checked', { left: 7 });
    if (number === 3) span.setStatus({ code: SpanStatusCode.ERROR, message: 'out of stock' });
    orders.add(1, { gift: number % 2 === 0 });
    weights.record(number * 0.7);
    logger.emit({
      body: `order ${number}`,
      severityNumber: SeverityNumber.INFO,
      severityText: 'INFO',
      attributes: { number },
    });
    span.end();
    spans.push(span);
  });
}

const server = http.createServer((request, response) => {
  order(Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('number')));
  response.end('ordered');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
const port = typeof address === 'object' && address ? address.port : 0;
for (let number = 1; number <= CALLS; number++) {
  await new Promise<void>((resolve, reject) => {
    http
      .get(`http://127.0.0.1:${port}/orders?number=${number}`, { agent: false }, (response) => {
        response.resume().on('close', resolve);
      })
      .on('error', reject);
  });
}
await new Promise((resolve) => server.close(resolve));
await sdk.shutdown();

process.stdout.write(
  JSON.stringify({
    calls: CALLS,
    spans: spans.map((span) => {
      const { spanId, traceId } = span.spanContext();
      // The SDK's spans have their name in the open; the API's type does not say so.
      const { name } = span as Span & { readonly name: string };
      return { spanId, traceId, name };
    }),
  }),
);
