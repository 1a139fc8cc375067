// No secret is printed while the agent works, fails, reloads and ends: log at its most talkative, every page of the admin
// port, metrics, answers to strangers, and what a start that fails says.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, runAgent, startAgent } from '../support/agent.ts';
import { httpRequest } from '../support/http-request.ts';
import { tracesRequest } from '../support/requests.ts';
import { smallServer } from '../support/small-server.ts';

const CANARY = /canary/i;

interface Places {
  readonly receive: number;
  readonly zpages: number;
  readonly metrics: number;
  readonly destination: string;
  readonly tokens: string;
}

function configuration({ receive, zpages, metrics, destination, tokens }: Places, more: object = {}): object {
  const sending = { endpoint: destination, retry_on_failure: { enabled: false } };
  return {
    receivers: {
      otlp: { protocols: { http: { endpoint: `127.0.0.1:${receive}`, auth: { authenticator: 'basicauth' } } } },
    },
    exporters: {
      'otlp_http/token': {
        ...sending,
        headers: { 'x-key': 'canary-header' },
        auth: { authenticator: 'bearertokenauth' },
      },
      'otlp_http/oauth': { ...sending, auth: { authenticator: 'oauth2client' } },
      'otlp_http/setter': { ...sending, auth: { authenticator: 'headers_setter' } },
      'otlp_http/proxy': { ...sending, proxy_url: 'http://user:canary-proxy@127.0.0.1:1' },
    },
    extensions: {
      zpages: { endpoint: `127.0.0.1:${zpages}`, expvar: { enabled: true } },
      basicauth: { htpasswd: { inline: 'ann:canary-password\nbroken canary line' } },
      bearertokenauth: { token: 'canary-token' },
      oauth2client: {
        client_id: 'agent',
        client_secret: 'canary-secret',
        token_url: `${tokens}/token`,
        endpoint_params: { assertion: 'canary-parameter' },
      },
      headers_setter: { headers: [{ key: 'X-Key', value: 'canary-value' }], additional_auth: 'bearertokenauth' },
    },
    service: {
      extensions: ['zpages', 'basicauth', 'bearertokenauth', 'oauth2client', 'headers_setter'],
      pipelines: {
        traces: {
          receivers: ['otlp'],
          exporters: ['otlp_http/token', 'otlp_http/oauth', 'otlp_http/setter', 'otlp_http/proxy'],
        },
      },
      telemetry: {
        logs: { level: 'debug', sampling: { enabled: false } },
        metrics: {
          level: 'detailed',
          readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: metrics } } } }],
        },
      },
      ...more,
    },
  };
}

const PAGES = ['/', '/api/pipelines', '/api/figures', '/api/drops', '/api/errors', '/api/config', '/api/extensions']
  .concat([
    '/debug/servicez',
    '/debug/pipelinez',
    '/debug/extensionz',
    '/debug/featurez',
    '/debug/tracez',
    '/debug/expvarz',
  ])
  .concat(['/script.js', '/nothing?x=canary']);

void test('working, failing, reloading and ending', async () => {
  await using destination = await smallServer(({ headers }) => {
    // The credentials did arrive.
    assert.match(JSON.stringify(headers), CANARY);
    return { status: 401, body: {} };
  });
  await using tokens = await smallServer(({ body }) => ({
    status: 400,
    body: { error: 'invalid_client', echo: body },
  }));
  const [receive = 0, zpages = 0, metrics = 0] = await freePorts(3);
  const places = { receive, zpages, metrics, destination: destination.url, tokens: tokens.url };
  await using agent = await startAgent({ config: configuration(places) });

  const post = (credentials: string) =>
    httpRequest(`http://127.0.0.1:${receive}/v1/traces`, {
      headers: {
        'content-type': 'application/x-protobuf',
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      },
      body: tracesRequest(1),
    });
  assert.equal((await post('ann:canary-password')).status, 200);
  const refused = await post('ann:wrong-canary');
  assert.equal(refused.status, 401);
  assert.doesNotMatch(JSON.stringify(refused.headers) + refused.body.toString(), CANARY);
  // Tokens and headers were sent, the token that could not be had was asked for, and all of it failed.
  while (destination.asked.length < 2 || tokens.asked.length < 1) await sleep(10);
  await agent.said(/invalid_client/);

  const pages = async (): Promise<void> => {
    let found = 0;
    for (const page of PAGES) {
      const { status, body } = await httpRequest(`http://127.0.0.1:${zpages}${page}`, { method: 'GET' });
      if (status === 200) found += 1;
      assert.doesNotMatch(body.toString(), CANARY, page);
    }
    assert.ok(found >= 8, `${found} pages`);
    const scraped = await httpRequest(`http://127.0.0.1:${metrics}/metrics`, { method: 'GET' });
    assert.match(scraped.body.toString(), /genesis_listener_unauthenticated_requests/);
    assert.doesNotMatch(scraped.body.toString(), CANARY);
  };
  await pages();
  writeFileSync(agent.configFile, JSON.stringify(configuration(places, { no_such_key: 1 })));
  agent.signal('SIGHUP');
  await agent.said(/The new configuration was refused/);
  const broken = JSON.stringify(configuration(places)).replace('"canary-token"', '"canary-token');
  writeFileSync(agent.configFile, broken);
  agent.signal('SIGHUP');
  await agent.said(/CONFIG_SYNTAX/);
  await pages();
  const { stdout, stderr } = await agent.stop();
  assert.doesNotMatch(stdout + stderr, CANARY);
});

void test('starts that fail', async () => {
  await using destination = await smallServer(() => ({ body: {} }));
  const [receive = 0, zpages = 0, metrics = 0] = await freePorts(3);
  const places = { receive, zpages, metrics, destination: destination.url, tokens: destination.url };
  const taken = { ...places, zpages: Number(new URL(destination.url).port) };
  const exits = [
    await runAgent({ config: configuration(taken) }),
    await runAgent({ config: configuration(places, { extensions: ['zpages', 'headers_setter'] }) }),
    await runAgent({ config: configuration({ ...places, destination: 'http://user:canary@127.0.0.1:port' }) }),
  ];
  for (const { code, stdout, stderr } of exits) {
    assert.equal(code, 1, stderr);
    assert.doesNotMatch(stdout + stderr, CANARY);
  }
});
