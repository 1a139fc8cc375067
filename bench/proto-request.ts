// The request that figures are measured with: HTTP server spans as an SDK sends them, about 360 bytes each, with ids,
// times and values as varied as real ones, and the same in every run.

type Attribute = readonly [string, string | number];

const ROUTES = ['/api/items/{id}', '/api/carts/{id}', '/api/users/{id}', '/api/offers/{id}'];
const METHODS = ['GET', 'GET', 'GET', 'POST'];
const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64)', 'Mozilla/5.0 (Windows NT 10.0)', 'okhttp/4.12.0 (Android 14)'];
const STATUSES = [200, 200, 200, 200, 201, 404, 500];
const START_NANOS = 1_700_000_000_000_000_000n;

function attributes(entries: readonly Attribute[]): object[] {
  return entries.map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
  }));
}

/** Uniform in [0, 1), mulberry32 (Tommy Ettinger, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An `ExportTraceServiceRequest` as a plain object. */
export function spansRequest(count: number, seed = 1): object {
  const random = randomFrom(seed);
  const pick = <Value>(values: readonly [Value, ...Value[]] | readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value; // Safe: the lists are not empty.
  const id = (length: number): Uint8Array => Uint8Array.from({ length }, () => Math.floor(random() * 256));
  const spans = Array.from({ length: count }, (_, index) => {
    const route = pick(ROUTES);
    const method = pick(METHODS);
    const status = pick(STATUSES);
    const start = START_NANOS + BigInt(index) * 1_000_000n + BigInt(Math.floor(random() * 1_000_000));
    return {
      traceId: id(16),
      spanId: id(8),
      parentSpanId: id(8),
      name: `${method} ${route}`,
      kind: 2,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + BigInt(Math.floor(random() * 50_000_000))),
      status: { code: status === 500 ? 2 : 0 },
      attributes: attributes([
        ['http.request.method', method],
        ['url.path', route.replace('{id}', String(Math.floor(100_000 + random() * 900_000)))],
        ['http.response.status_code', status],
        ['server.address', 'shop.example.com'],
        ['server.port', 8080],
        ['user_agent.original', pick(AGENTS)],
        ['network.protocol.version', '1.1'],
        ['http.route', route],
      ]),
    };
  });
  const resource = {
    attributes: attributes([
      ['service.name', 'shop'],
      ['host.name', 'host-1'],
      ['process.pid', 4711],
    ]),
  };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'http', version: '1.0.0' }, spans }] }] };
}
