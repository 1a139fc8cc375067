// The clouds' detectors against metadata services that answer as the real ones are documented to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallServer, type Asked } from '../../support/small-server.ts';
import { detect, place, service, type Said } from './surroundings.ts';

const at = (cloud: 'ec2' | 'gcp' | 'azure', url: string): ReturnType<typeof place>['services'] => ({
  ...place().services,
  [cloud]: url,
});

// From the AWS documentation of instance identity documents.
const DOCUMENT = JSON.stringify({
  accountId: '123456789012',
  architecture: 'x86_64',
  availabilityZone: 'us-west-2b',
  imageId: 'ami-5fb8c835',
  instanceId: 'i-1234567890abcdef0',
  instanceType: 't2.micro',
  region: 'us-west-2',
});

const EC2: Readonly<Record<string, string>> = {
  '/latest/meta-data/instance-id': 'i-1234567890abcdef0',
  '/latest/dynamic/instance-identity/document': DOCUMENT,
  '/latest/meta-data/hostname': 'ip-10-0-0-1.us-west-2.compute.internal',
  '/latest/meta-data/tags/instance': 'Name\nteam\nsecret',
  '/latest/meta-data/tags/instance/Name': 'web',
  '/latest/meta-data/tags/instance/team': 'core',
};

const EC2_ATTRIBUTES = {
  'cloud.provider': 'aws',
  'cloud.platform': 'aws_ec2',
  'cloud.region': 'us-west-2',
  'cloud.account.id': '123456789012',
  'cloud.availability_zone': 'us-west-2b',
  'host.id': 'i-1234567890abcdef0',
  'host.image.id': 'ami-5fb8c835',
  'host.type': 't2.micro',
  'host.name': 'ip-10-0-0-1.us-west-2.compute.internal',
};

/** The second version: nothing without a token. */
function secondVersion({ method, path, headers }: Asked): Said | undefined {
  if (path === '/latest/api/token') return method === 'PUT' ? 'a-token' : { status: 405 };
  return headers['x-aws-ec2-metadata-token'] === 'a-token' ? EC2[path] : { status: 401 };
}

void test('ec2: by a token, with the tags that are asked for', async () => {
  await using metadata = await service(secondVersion);
  const surroundings = place({ services: at('ec2', metadata.url) });
  const plain = await detect('{ detectors: [ec2] }', surroundings);
  assert.deepEqual(plain.attributes, EC2_ATTRIBUTES);
  assert.equal(metadata.asked[0]?.headers['x-aws-ec2-metadata-token-ttl-seconds'], '21600');
  const tagged = await detect('{ detectors: [ec2], ec2: { tags: [^Name$, ^te], tags_from_imds: true } }', surroundings);
  assert.deepEqual(tagged.attributes, { ...EC2_ATTRIBUTES, 'ec2.tag.Name': 'web', 'ec2.tag.team': 'core' });
});

void test('ec2: the first version, where the SDK is pointed at it; attributes can be off', async () => {
  await using metadata = await service(({ path }) => EC2[path]);
  const surroundings = place({ env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: `${metadata.url}/` } });
  const off = '{ host.image.id: { enabled: false }, host.name: { enabled: false } }';
  const { attributes } = await detect(`{ detectors: [ec2], ec2: { resource_attributes: ${off} } }`, surroundings);
  assert.deepEqual(Object.keys(attributes).length, Object.keys(EC2_ATTRIBUTES).length - 2);
  assert.ok(!('host.name' in attributes));
});

void test('ec2: tags that the metadata does not hold cost only themselves', async () => {
  await using metadata = await service(({ path }) => (path.includes('/tags/') ? undefined : EC2[path]));
  const { attributes, lines } = await detect(
    '{ detectors: [ec2], ec2: { tags: [.*], tags_from_imds: true } }',
    place({ services: at('ec2', metadata.url) }),
  );
  assert.deepEqual(attributes, EC2_ATTRIBUTES);
  assert.match(lines.join('\n'), /InstanceMetadataTags/);
});

void test('ec2: an overloaded service is asked again; one that knows half of it fails', async () => {
  let refusals = 2;
  await using busy = await service(({ path }) => (refusals-- > 0 ? { status: 503 } : EC2[path]));
  const surroundings = place({ services: at('ec2', busy.url) });
  assert.deepEqual((await detect('{ detectors: [ec2] }', surroundings)).attributes, EC2_ATTRIBUTES);
  await using half = await service(({ path }) => (path.endsWith('instance-id') ? 'i-1' : undefined));
  await assert.rejects(
    detect('{ detectors: [ec2], retry: { enabled: false } }', place({ services: at('ec2', half.url) })),
    /the detector ec2 failed: .*identity\/document answered with status 404/,
  );
});

const GCE: Readonly<Record<string, string>> = {
  'project/project-id': 'my-project',
  'instance/machine-type': 'projects/123/machineTypes/n1-standard-1',
  'instance/zone': 'projects/123/zones/europe-west1-b',
  'instance/region': 'projects/123/regions/europe-west1',
  'instance/id': '1472385723456792345',
  'instance/name': 'my-gke-node-1234',
  'instance/hostname': 'my-gke-node-1234.c.my-project.internal',
  'instance/attributes/created-by': 'projects/123/zones/europe-west1-b/instanceGroupManagers/my-group',
};

function google(values: Readonly<Record<string, string>>) {
  return ({ path, headers }: Asked): Said | undefined => {
    const flavor = { 'metadata-flavor': 'Google' };
    if (path === '/') return { status: 200, headers: flavor };
    if (headers['metadata-flavor'] !== 'Google') return { status: 403 };
    const text = values[path.replace('/computeMetadata/v1/', '')];
    return text === undefined ? { status: 404, headers: flavor } : { status: 200, headers: flavor, body: text };
  };
}

async function onGoogle(
  env: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>> = GCE,
  yaml = '{ detectors: [gcp] }',
): Promise<Readonly<Record<string, unknown>>> {
  await using metadata = await service(google(values));
  return (await detect(yaml, place({ env, services: at('gcp', metadata.url) }))).attributes;
}

const PROJECT = { 'cloud.provider': 'gcp', 'cloud.account.id': 'my-project' };

void test('gcp: an instance of Compute Engine and the group that manages it', async () => {
  assert.deepEqual(await onGoogle({}), {
    ...PROJECT,
    'cloud.platform': 'gcp_compute_engine',
    'cloud.availability_zone': 'europe-west1-b',
    'cloud.region': 'europe-west1',
    'host.type': 'projects/123/machineTypes/n1-standard-1',
    'host.id': '1472385723456792345',
    'host.name': 'my-gke-node-1234',
    'gcp.gce.instance_group_manager.name': 'my-group',
    'gcp.gce.instance_group_manager.zone': 'europe-west1-b',
  });
});

void test('gcp: Kubernetes Engine, by zone or region, also where workload identity hides the name', async () => {
  const cluster: Readonly<Record<string, string>> = {
    ...GCE,
    'instance/attributes/cluster-name': 'shop',
    'instance/attributes/cluster-location': 'us-central1-a',
  };
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  const zonal = await onGoogle(env, cluster);
  assert.deepEqual(zonal, {
    ...PROJECT,
    'cloud.platform': 'gcp_kubernetes_engine',
    'cloud.availability_zone': 'us-central1-a',
    'cloud.region': 'us-central1',
    'k8s.cluster.name': 'shop',
    'host.id': '1472385723456792345',
    'host.name': 'my-gke-node-1234',
  });
  const hidden = Object.fromEntries(Object.entries(cluster).filter(([key]) => key !== 'instance/name'));
  hidden['instance/attributes/cluster-location'] = 'us-central1';
  const regional = await onGoogle(env, hidden, '{ detectors: [gcp], fail_on_missing_metadata: true }');
  assert.deepEqual(
    [regional['cloud.region'], 'host.name' in regional, 'cloud.availability_zone' in regional],
    ['us-central1', false, false],
  );
});

void test('gcp: what runs without an instance of its own says so in the environment', async () => {
  const revision = { K_SERVICE: 'hello', K_REVISION: 'hello-1' };
  const faas = {
    ...PROJECT,
    'faas.name': 'hello',
    'faas.instance': GCE['instance/id'],
    'cloud.region': 'europe-west1',
  };
  assert.deepEqual(await onGoogle({ K_CONFIGURATION: 'hello', ...revision }), {
    ...faas,
    'cloud.platform': 'gcp_cloud_run',
    'faas.version': 'hello-1',
  });
  assert.deepEqual(await onGoogle({ FUNCTION_TARGET: 'main', ...revision }), {
    ...faas,
    'cloud.platform': 'gcp_cloud_functions',
    'faas.version': 'hello-1',
  });
  assert.deepEqual(
    await onGoogle({ CLOUD_RUN_JOB: 'hello', CLOUD_RUN_EXECUTION: 'run-1', CLOUD_RUN_TASK_INDEX: '0' }),
    {
      ...faas,
      'cloud.platform': 'gcp_cloud_run',
      'gcp.cloud_run.job.execution': 'run-1',
      'gcp.cloud_run.job.task_index': '0',
    },
  );
  const engine = { GAE_SERVICE: 'hello', GAE_VERSION: 'v1', GAE_INSTANCE: 'i1' };
  assert.deepEqual(await onGoogle(engine), {
    ...PROJECT,
    'cloud.platform': 'gcp_app_engine',
    'faas.name': 'hello',
    'faas.version': 'v1',
    'faas.instance': 'i1',
    'cloud.availability_zone': 'europe-west1-b',
    'cloud.region': 'europe-west1',
  });
  // Without a metadata service.
  const metal = { BMS_PROJECT_ID: 'p', BMS_REGION: 'r', BMS_INSTANCE_ID: 'i' };
  assert.deepEqual((await detect('{ detectors: [gcp] }', place({ env: metal }))).attributes, {
    'cloud.provider': 'gcp',
    'cloud.platform': 'gcp_bare_metal_solution',
    'cloud.account.id': 'p',
    'host.name': 'i',
    'cloud.region': 'r',
  });
});

// From Azure's documentation of its metadata service.
const COMPUTE = {
  location: 'westus',
  name: 'examplevmname',
  osProfile: { computerName: 'examplevm' },
  resourceGroupName: 'myrg',
  subscriptionId: '8d10da13-8125-4ba9-a717-bf7490507b3d',
  tagsList: [
    { name: 'team', value: 'core' },
    { name: 'baz', value: 'bash' },
  ],
  vmId: '02aab8a4-74ef-476e-8182-f6d2ba4166a6',
  vmScaleSetName: 'crpteste9vflji9',
  vmSize: 'Standard_A3',
  zone: '2',
};

void test('azure: a virtual machine', async () => {
  let compute: object = COMPUTE;
  await using metadata = await service(({ path, headers }) =>
    headers['metadata'] === 'true' && path === '/metadata/instance/compute?api-version=2020-09-01&format=json'
      ? JSON.stringify(compute)
      : { status: 400 },
  );
  const surroundings = place({ services: at('azure', metadata.url) });
  const { attributes } = await detect('{ detectors: [azure], azure: { tags: [^team$] } }', surroundings);
  assert.deepEqual(attributes, {
    'cloud.provider': 'azure',
    'cloud.platform': 'azure.vm',
    'host.name': 'examplevm',
    'cloud.region': 'westus',
    'host.id': '02aab8a4-74ef-476e-8182-f6d2ba4166a6',
    'cloud.account.id': '8d10da13-8125-4ba9-a717-bf7490507b3d',
    'azure.vm.name': 'examplevmname',
    'azure.vm.size': 'Standard_A3',
    'azure.vm.scaleset.name': 'crpteste9vflji9',
    'azure.resourcegroup.name': 'myrg',
    'azure.tag.team': 'core',
  });
  // From a specialised disk, and in no scale set.
  compute = { ...COMPUTE, osProfile: { computerName: '' }, vmScaleSetName: '', tagsList: 'nonsense' };
  const other = await detect('{ detectors: [azure], azure: { tags: [.*] } }', surroundings);
  assert.deepEqual(
    [other.attributes['host.name'], 'azure.vm.scaleset.name' in other.attributes],
    ['examplevmname', false],
  );
});

void test('all clouds at once on a machine that is in none: nothing, a line each, and no failure', async () => {
  const { attributes, lines } = await detect('{ detectors: [ec2, gcp, azure, docker] }', place());
  assert.deepEqual(attributes, {});
  assert.equal(lines.length, 4);
  for (const line of lines) assert.match(line, /nothing to say here .*(ECONNREFUSED|ENOENT)/);
});

void test("in one cloud, the others' detectors find nothing at the same address", async () => {
  await using metadata = await service(secondVersion);
  const { url } = metadata;
  const { attributes } = await detect(
    '{ detectors: [gcp, azure, ec2] }',
    place({ services: { ec2: url, gcp: url, azure: url } }),
  );
  assert.deepEqual(attributes, EC2_ATTRIBUTES);
});

void test('a service that never answers, or says too much, is not there, and costs no other detector anything', async () => {
  await using silent = await smallServer(() => undefined);
  const { attributes, lines } = await detect(
    '{ detectors: [azure, env], timeout: 100ms }',
    place({ env: { OTEL_RESOURCE_ATTRIBUTES: 'a=b' }, services: at('azure', silent.url) }),
  );
  assert.deepEqual(attributes, { a: 'b' });
  assert.match(lines.join('\n'), /nothing to say here .*no answer in time/);
  await using endless = await service(() => 'x'.repeat(2 << 20));
  const told = await detect('{ detectors: [azure] }', place({ services: at('azure', endless.url) }));
  assert.match(told.lines.join('\n'), /larger than 1048576 bytes/);
});

void test('with fail_on_missing_metadata a cloud that is not there fails; so for ec2 alone', async () => {
  const once = 'retry: { enabled: false }';
  await assert.rejects(
    detect(`{ detectors: [azure], fail_on_missing_metadata: true, ${once} }`, place()),
    /azure failed/,
  );
  await assert.rejects(
    detect(`{ detectors: [ec2], ec2: { fail_on_missing_metadata: true }, ${once} }`, place()),
    /ec2 failed.*ECONNREFUSED/,
  );
});
