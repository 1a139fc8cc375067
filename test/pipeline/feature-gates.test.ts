import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentError } from '../../pipeline/errors.ts';
import { GATES, parseFeatureGates } from '../../pipeline/feature-gates.ts';

void test('gates are switched on and off by name, the last word counts', () => {
  const gates = parseFeatureGates('service.profilesSupport,+service.AllowNoPipelines, -service.profilesSupport');
  assert.equal(gates.isEnabled('service.profilesSupport'), false);
  assert.equal(gates.isEnabled('service.AllowNoPipelines'), true);
  assert.deepEqual(
    parseFeatureGates('')
      .all()
      .map(({ id, enabled }) => [id, enabled]),
    Object.entries(GATES).map(([id, { enabled }]) => [id, enabled]),
  );
});

void test('gates of the collector that mean nothing here are no error; unknown ones are', () => {
  assert.deepEqual(parseFeatureGates('pdata.useProtoPooling').ignored, ['pdata.useProtoPooling']);
  assert.throws(
    () => parseFeatureGates('service.profileSupport'),
    (error) => error instanceof AgentError && /did you mean "service.profilesSupport"/.test(error.message),
  );
});
