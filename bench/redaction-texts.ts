// The texts that redaction is measured with: log lines of 270 bytes as services write them, with words, paths, ids, times and
// addresses of hosts, the same in every run. Some have a card, an e-mail address or a token in them.

import { randomFrom } from './proto-request.ts';

export const TEXT_BYTES = 270;
export const RECORDS_PER_REQUEST = 100;
const REQUESTS = 20;

const WORDS =
  'request order cart payment user session handled accepted queued retry upstream answered timeout after before with for from cache miss hit index shard replica leader follower'.split(
    ' ',
  );
const ROUTES = ['/api/v1/items', '/api/v1/carts', '/checkout', '/users', '/v2/offers', '/health'];
const HOSTS = ['shop.example.com', 'cart-7.internal', 'db-primary:5432', 'edge.eu-west.example.net'];
const SECRETS = [
  'card 4111111111111111',
  'paid by 5500000000000004',
  'mail jane.doe+news@example.com',
  'header Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhb',
];

/** `ExportLogsServiceRequest`s as plain objects; `share` of the bodies have something to mask. */
export function textRequests(share: number, seed = 1): object[] {
  const random = randomFrom(seed);
  return Array.from({ length: REQUESTS }, () => ({
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeLogs: [
          {
            logRecords: Array.from({ length: RECORDS_PER_REQUEST }, (_, index) => ({
              timeUnixNano: '1700000000000000000',
              severityNumber: 9,
              body: { stringValue: line(random, share > 0 && index % Math.round(1 / share) === 0) },
            })),
          },
        ],
      },
    ],
  }));
}

function line(random: () => number, hasSecret: boolean): string {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = (list: readonly string[]): string => list[below(list.length)] ?? '';
  let text = `2026-11-24T12:${10 + below(50)}:${10 + below(50)}.${100 + below(900)}Z INFO `;
  const secretAt = hasSecret ? 40 + below(100) : TEXT_BYTES;
  let isWritten = false;
  while (text.length < TEXT_BYTES) {
    if (!isWritten && text.length >= secretAt) {
      text += `${pick(SECRETS)} `;
      isWritten = true;
    }
    const kind = below(8);
    if (kind === 0) text += `${pick(ROUTES)}/${below(1_000_000)} `;
    else if (kind === 1) text += `${pick(HOSTS)} `;
    else if (kind === 2) text += `took ${below(5000)} ms `;
    else if (kind === 3)
      text += `trace=${below(2 ** 31)
        .toString(16)
        .padStart(8, '0')} `;
    else text += `${pick(WORDS)} `;
  }
  return text.slice(0, TEXT_BYTES);
}
