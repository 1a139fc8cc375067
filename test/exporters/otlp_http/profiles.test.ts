import assert from 'node:assert/strict';
import { test } from 'node:test';
import otlpHttp from '../../../exporters/otlp_http/index.ts';
import { jsonToProto } from '../../../proto/json/decode.ts';
import { decode } from '../../proto/reference.ts';
import { SOON, testContext } from '../../support/context.ts';
import { httpDestination } from '../../support/destination.ts';
import { batchOfJson } from '../../support/processor.ts';

const PROFILES = {
  resourceProfiles: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeProfiles: [{ profiles: [{ samples: [{}] }] }],
    },
  ],
  dictionary: { stringTable: ['', 'cpu'] },
};

for (const settings of [{ compression: 'none' }, { compression: 'gzip' }, { encoding: 'json' }]) {
  void test(`profiles are sent with the texts of attributes in their string table: ${JSON.stringify(settings)}`, async () => {
    await using destination = await httpDestination();
    const { context } = testContext({ kind: 'exporter', id: 'otlp_http', realTime: true });
    const endpoint = `http://127.0.0.1:${destination.port}`;
    const exporter = otlpHttp.create(otlpHttp.config.parse({ endpoint, ...settings }), context);
    await exporter.start();
    await exporter.consume(batchOfJson('profiles', PROFILES));
    await exporter.stop(SOON());
    const [arrival] = destination.arrivals.all;
    assert.ok(arrival);
    const body = 'encoding' in settings ? jsonToProto('profiles', arrival.body) : arrival.body;
    const { resourceProfiles, dictionary } = Object(decode('profiles', body));
    assert.deepEqual(dictionary.stringTable, ['', 'cpu', 'service.name', 'shop']);
    assert.deepEqual(resourceProfiles[0].resource.attributes, [
      { keyStrindex: 2, value: { stringValueStrindex: 3, value: 'stringValueStrindex' } },
    ]);
  });
}
