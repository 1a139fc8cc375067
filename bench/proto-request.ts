// The request the wire format's figures are measured with: HTTP server spans as an SDK sends them, about 360 bytes each.

type Attribute = readonly [string, string | number];

function attributes(entries: readonly Attribute[]): object[] {
  return entries.map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
  }));
}

/** An `ExportTraceServiceRequest` as a plain object. */
export function spansRequest(count: number): object {
  const spans = Array.from({ length: count }, (_, index) => ({
    traceId: Uint8Array.from({ length: 16 }, (_byte, at) => (index * 31 + at * 17 + 1) & 0xff),
    spanId: Uint8Array.from({ length: 8 }, (_byte, at) => (index * 13 + at * 7 + 1) & 0xff),
    parentSpanId: Uint8Array.from({ length: 8 }, (_byte, at) => (index * 5 + at * 3 + 1) & 0xff),
    name: 'GET /api/items/{id}',
    kind: 2,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: String(1_700_000_000_000_000_000n + BigInt(index) * 1_000_000n),
    status: { code: index % 3 },
    attributes: attributes([
      ['http.request.method', 'GET'],
      ['url.path', '/api/items/123456'],
      ['http.response.status_code', 200],
      ['server.address', 'shop.example.com'],
      ['server.port', 8080],
      ['user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64)'],
      ['network.protocol.version', '1.1'],
      ['http.route', '/api/items/{id}'],
    ]),
  }));
  const resource = {
    attributes: attributes([
      ['service.name', 'shop'],
      ['host.name', 'host-1'],
      ['process.pid', 4711],
    ]),
  };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'http', version: '1.0.0' }, spans }] }] };
}
