// Which resource attributes become labels.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceLabelRule } from '../../../pipeline/prometheus/resource-labels.ts';

void test('which resource attributes become labels', () => {
  const none = { included: [], excluded: [], enabled: false, exclude_service_attributes: false };
  assert.equal(resourceLabelRule(none), undefined);
  const chosen = (settings: object): string =>
    ['a', 'a.b', 'a.bb', 'service.name'].filter(resourceLabelRule({ ...none, ...settings }) ?? (() => false)).join(' ');
  assert.equal(chosen({ enabled: true }), 'a a.b a.bb service.name');
  assert.equal(chosen({ enabled: true, exclude_service_attributes: true }), 'a a.b a.bb');
  assert.equal(chosen({ included: ['a.*'] }), 'a.b a.bb');
  assert.equal(chosen({ included: ['a.?', 'service.name'] }), 'a.b service.name');
  assert.equal(chosen({ excluded: ['a*b'] }), 'a service.name');
  assert.equal(chosen({ included: ['*'], excluded: ['a'] }), 'a.b a.bb service.name');
  assert.equal(chosen({ included: ['*?*.*b*'] }), 'a.b a.bb');
});
