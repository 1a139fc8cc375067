// Pages that this agent makes are pages that this agent reads: what the receiver has got from a target, shown by the prometheus
// exporter and scraped from there, is shown alike once more; and the agent's own metrics are read whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import exporter from '../../exporters/prometheus/index.ts';
import type { Exporter } from '../../pipeline/component.ts';
import receiver from '../../receivers/prometheus/index.ts';
import { job, running, target } from '../receivers/prometheus/running.ts';
import { freePorts, startAgent } from '../support/agent.ts';
import { SOON, testContext } from '../support/context.ts';
import { httpRequest } from '../support/http-request.ts';

const PAGE = `# HELP requests_total Requests that were "served" \\\\ or not.
# TYPE requests_total counter
requests_total{method="GET",path="/a b"} 5
requests_total{method="PUT",path="with \\"quotes\\", \\\\ and\\nmore"} 6.5
# TYPE temperature gauge
temperature -3.5e-07
temperature{where="nowhere"} NaN
temperature{where="sun"} +Inf
# TYPE took_seconds histogram
took_seconds_bucket{le="0.1"} 3
took_seconds_bucket{le="2.5"} 5
took_seconds_bucket{le="+Inf"} 6
took_seconds_sum 11.25
took_seconds_count 6
# TYPE size summary
size{quantile="0.5"} 10
size{quantile="0.99"} 12
size_sum 100
size_count 9
no_type{of="any kind"} 1
`;

async function started(port: number): Promise<Exporter> {
  const { context } = testContext({ kind: 'exporter', id: 'prometheus', realTime: true });
  const settings = { endpoint: `127.0.0.1:${port}`, translation_strategy: 'UnderscoreEscapingWithoutSuffixes' };
  const made = exporter.create(exporter.config.parse(settings), context);
  await made.start();
  return made;
}

/** A receiver that gives an exporter what it scrapes. */
async function scraping(address: string, next: Exporter, more: object): Promise<{ stop(): Promise<void> }> {
  const { context } = testContext({ kind: 'receiver', id: 'prometheus', realTime: true });
  const made = receiver.create(receiver.config.parse({ config: job([address], more) }), context, { metrics: next });
  await made.start();
  return { stop: () => made.stop(SOON()) };
}

/** The series of the first job, without what reports on scrapes. */
async function shown(port: number): Promise<string[]> {
  const page = (await httpRequest(`http://127.0.0.1:${port}/metrics`, { method: 'GET' })).body.toString();
  return page
    .split('\n')
    .filter((line) => /^#|job="first"/.test(line) && !/^(?:# (?:HELP|TYPE) )?(?:up|scrape_|target_info)/.test(line))
    .toSorted();
}

void test('what is shown of what was scraped is the same after another round', async () => {
  await using page = await target(PAGE);
  const [first = 0, second = 0] = await freePorts(2);
  const [one, two] = [await started(first), await started(second)];
  const scrapers = [
    await scraping(page.address, one, { job_name: 'first' }),
    await scraping(`127.0.0.1:${first}`, two, { job_name: 'second', honor_labels: true }),
  ];
  try {
    let before: string[] = [];
    let after: string[] = [];
    for (let turn = 0; turn < 200 && (before.length < 20 || after.length < before.length); turn++) {
      await sleep(25);
      before = await shown(first);
      after = await shown(second);
    }
    assert.ok(before.length > 20, before.join('\n'));
    assert.ok(before.some((line) => line.startsWith('took_seconds_bucket{') && line.includes('le="2.5"')));
    assert.deepEqual(after, before);
  } finally {
    for (const scraper of scrapers) await scraper.stop();
    await two.stop(SOON());
    await one.stop(SOON());
  }
});

void test('the agent’s own metrics are scraped whole', async () => {
  const [port = 0, otlp = 0] = await freePorts(2);
  const prometheus = { host: '127.0.0.1', port };
  await using agent = await startAgent({
    config: {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } } },
      exporters: { nop: {} },
      service: {
        telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus } } }] } },
        pipelines: { traces: { receivers: ['otlp'], exporters: ['nop'] } },
      },
    },
  });
  await using scraped = await running(job([`127.0.0.1:${port}`]));
  await scraped.until(() => scraped.points('scrape_samples_scraped').length > 0);
  assert.ok(agent.isRunning);
  const page = (await httpRequest(`http://127.0.0.1:${port}/metrics`, { method: 'GET' })).body.toString();
  const samples = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(scraped.points('scrape_samples_scraped')[0]?.value, samples.length);
  const name = samples.find((line) => line.startsWith('otelcol_process_uptime'))?.split(/[{ ]/)[0] ?? '';
  const [uptime] = scraped.points(name);
  assert.deepEqual(
    [(uptime?.value ?? 0) > 0, uptime?.resource['service.instance.id']],
    [true, `127.0.0.1:${port}`],
    name,
  );
  assert.deepEqual(scraped.log, []);
});
