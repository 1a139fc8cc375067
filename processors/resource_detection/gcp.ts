// The gcp detector: Compute Engine, Kubernetes Engine, Cloud Run, Cloud Functions, App Engine and Bare Metal Solution, told
// apart by the environment and the metadata service as Google's own detector does.

import { Findings, NotThere, type AttributeSwitches, type Detected, type Detection } from './detected.ts';
import { askMetadata, metadataText } from './metadata-service.ts';

export const GCP_ATTRIBUTES = {
  'cloud.account.id': { enabled: true, description: 'The project.' },
  'cloud.availability_zone': { enabled: true, description: 'The zone.' },
  'cloud.platform': { enabled: true, description: 'Such as gcp_compute_engine.' },
  'cloud.provider': { enabled: true, description: 'gcp' },
  'cloud.region': { enabled: true, description: 'The region.' },
  'faas.instance': { enabled: true, description: 'The instance of a service or function.' },
  'faas.name': { enabled: true, description: 'The name of a service or function.' },
  'faas.version': { enabled: true, description: 'Its revision.' },
  'gcp.cloud_run.job.execution': { enabled: true, description: 'The execution of a job.' },
  'gcp.cloud_run.job.task_index': { enabled: true, description: 'The task of a job.' },
  'gcp.gce.instance.hostname': { enabled: false, description: 'The full host name of an instance.' },
  'gcp.gce.instance.name': { enabled: false, description: 'The name of an instance.' },
  'gcp.gce.instance_group_manager.name': { enabled: true, description: 'The group that manages an instance.' },
  'gcp.gce.instance_group_manager.region': { enabled: true, description: "A regional group's region." },
  'gcp.gce.instance_group_manager.zone': { enabled: true, description: "A zonal group's zone." },
  'host.id': { enabled: true, description: 'The id of the instance.' },
  'host.name': { enabled: true, description: 'The name of the instance.' },
  'host.type': { enabled: true, description: 'The machine type; not in Kubernetes Engine.' },
  'k8s.cluster.name': { enabled: true, description: 'The cluster in Kubernetes Engine.' },
} as const;

export type GcpSwitches = AttributeSwitches<keyof typeof GCP_ATTRIBUTES>;

const HEADERS = { 'metadata-flavor': 'Google' };
/** `projects/P/zones/Z/instanceGroupManagers/N`, or `regions`. */
const GROUP_MANAGER = /^projects\/[^/]+\/(zones|regions)\/([^/]+)\/instanceGroupManagers\/([^/]+)$/;

/** Fails with NotThere outside Google's cloud, and where `failOnMissing` asks for it, also where something is missing there. */
export async function detectGcp(
  switches: GcpSwitches,
  detection: Detection,
  failOnMissing: boolean,
): Promise<Detected> {
  const platform = new Platform(switches, detection);
  await platform.detect();
  const [missing] = platform.missing;
  if (failOnMissing && missing !== undefined) throw missing;
  return platform.findings.all;
}

class Platform {
  readonly findings: Findings<keyof typeof GCP_ATTRIBUTES>;
  /** Why something was not to be had. */
  readonly missing: Error[] = [];
  readonly #detection: Detection;
  readonly #base: string;

  constructor(switches: GcpSwitches, detection: Detection) {
    const { env, services } = detection.surroundings;
    const host = env['GCE_METADATA_HOST'] ?? '';
    this.findings = new Findings(switches);
    this.#detection = detection;
    this.#base = host === '' ? services.gcp : `http://${host}`;
  }

  async detect(): Promise<void> {
    const { findings } = this;
    if (this.#isBareMetal()) {
      findings.set('cloud.provider', 'gcp');
      findings.set('cloud.platform', 'gcp_bare_metal_solution');
      findings.set('cloud.account.id', this.#variable('BMS_PROJECT_ID'));
      findings.set('host.name', this.#variable('BMS_INSTANCE_ID'));
      findings.set('cloud.region', this.#variable('BMS_REGION'));
      return;
    }
    const { headers } = await askMetadata(`${this.#base}/`, { headers: HEADERS, signal: this.#detection.signal });
    if (headers['metadata-flavor'] !== 'Google') throw new NotThere(`${this.#base} is not Google's metadata service`);
    findings.set('cloud.provider', 'gcp');
    findings.set('cloud.account.id', (await this.#value('project/project-id'))?.trim());
    const location =
      this.#variable('KUBERNETES_SERVICE_HOST') === undefined ? undefined : await this.#clusterLocation();
    if (location !== undefined) await this.#kubernetes(location);
    else if (this.#has('FUNCTION_TARGET')) await this.#service('gcp_cloud_functions');
    else if (this.#has('K_CONFIGURATION')) await this.#service('gcp_cloud_run');
    else if (this.#has('CLOUD_RUN_JOB')) await this.#job();
    else if (this.#has('CLOUD_RUN_WORKER_POOL')) await this.#service('gcp_cloud_run');
    else if (this.#variable('GAE_ENV') === 'standard' || this.#has('GAE_SERVICE')) await this.#appEngine();
    else await this.#instance();
  }

  async #kubernetes(location: string): Promise<void> {
    const { findings } = this;
    findings.set('cloud.platform', 'gcp_kubernetes_engine');
    // `europe-west1` is a region, `europe-west1-b` a zone.
    if (location.split('-').length === 3) {
      findings.set('cloud.availability_zone', location);
      findings.set('cloud.region', location.slice(0, location.lastIndexOf('-')));
    } else findings.set('cloud.region', location);
    findings.set('k8s.cluster.name', await this.#value('instance/attributes/cluster-name'));
    findings.set('host.id', await this.#value('instance/id'));
    // Not there with workload identity.
    findings.set('host.name', await this.#optional('instance/name'));
  }

  async #service(platform: string): Promise<void> {
    const { findings } = this;
    findings.set('cloud.platform', platform);
    findings.set('faas.name', this.#needed('K_SERVICE', 'CLOUD_RUN_JOB', 'CLOUD_RUN_WORKER_POOL'));
    findings.set('faas.version', this.#needed('CLOUD_RUN_REVISION', 'K_REVISION'));
    findings.set('faas.instance', await this.#value('instance/id'));
    findings.set('cloud.region', lastPart(await this.#value('instance/region')));
  }

  async #job(): Promise<void> {
    const { findings } = this;
    findings.set('cloud.platform', 'gcp_cloud_run');
    findings.set('faas.name', this.#needed('K_SERVICE', 'CLOUD_RUN_JOB'));
    findings.set('cloud.region', lastPart(await this.#value('instance/region')));
    findings.set('faas.instance', await this.#value('instance/id'));
    findings.set('gcp.cloud_run.job.execution', this.#needed('CLOUD_RUN_EXECUTION'));
    findings.set('gcp.cloud_run.job.task_index', this.#needed('CLOUD_RUN_TASK_INDEX'));
  }

  async #appEngine(): Promise<void> {
    const { findings } = this;
    findings.set('cloud.platform', 'gcp_app_engine');
    findings.set('faas.name', this.#needed('GAE_SERVICE'));
    findings.set('faas.version', this.#needed('GAE_VERSION'));
    findings.set('faas.instance', this.#needed('GAE_INSTANCE'));
    await this.#zone();
    if (this.#variable('GAE_ENV') === 'standard') {
      findings.set('cloud.region', lastPart(await this.#value('instance/region')));
    }
  }

  async #instance(): Promise<void> {
    const { findings } = this;
    const type = await this.#value('instance/machine-type');
    // Without a machine type it is a platform that is not known yet.
    if (type === undefined) return;
    findings.set('cloud.platform', 'gcp_compute_engine');
    await this.#zone();
    findings.set('host.type', type);
    findings.set('host.id', await this.#value('instance/id'));
    const name = await this.#value('instance/name');
    findings.set('host.name', name);
    findings.set('gcp.gce.instance.name', name);
    if (findings.isWanted('gcp.gce.instance.hostname')) {
      findings.set('gcp.gce.instance.hostname', await this.#value('instance/hostname'));
    }
    const manager = GROUP_MANAGER.exec((await this.#optional('instance/attributes/created-by')) ?? '');
    if (!manager) return;
    const [, kind, location, group] = manager;
    findings.set('gcp.gce.instance_group_manager.name', group);
    findings.set(`gcp.gce.instance_group_manager.${kind === 'zones' ? 'zone' : 'region'}`, location);
  }

  async #zone(): Promise<void> {
    const zone = lastPart(await this.#value('instance/zone'));
    if (zone === undefined) return;
    this.findings.set('cloud.availability_zone', zone);
    this.findings.set('cloud.region', zone.split('-').slice(0, 2).join('-'));
  }

  #clusterLocation(): Promise<string | undefined> {
    return this.#optional('instance/attributes/cluster-location');
  }

  /** Of the metadata service; undefined, and counted as missing, where it has none. */
  async #value(path: string): Promise<string | undefined> {
    try {
      const { signal } = this.#detection;
      return (await metadataText(`${this.#base}/computeMetadata/v1/${path}`, { headers: HEADERS, signal })).trim();
    } catch (error) {
      if (!(error instanceof NotThere)) throw error;
      this.missing.push(error);
      return undefined;
    }
  }

  /** The same for what need not be there. */
  async #optional(path: string): Promise<string | undefined> {
    const missing = this.missing.length;
    const value = await this.#value(path);
    this.missing.length = missing;
    return value;
  }

  #variable(name: string): string | undefined {
    return this.#detection.surroundings.env[name];
  }

  #has(name: string): boolean {
    return this.#variable(name) !== undefined;
  }

  /** The first variable that is set; counted as missing where none is. */
  #needed(...names: readonly string[]): string | undefined {
    const name = names.find((one) => this.#has(one));
    if (name === undefined) this.missing.push(new NotThere(`the environment has no ${names.join(' or ')}`));
    return name === undefined ? undefined : this.#variable(name);
  }

  #isBareMetal(): boolean {
    return ['BMS_PROJECT_ID', 'BMS_REGION', 'BMS_INSTANCE_ID'].every((name) => (this.#variable(name) ?? '') !== '');
  }
}

/** `projects/123/zones/europe-west1-b` as `europe-west1-b`. */
function lastPart(path: string | undefined): string | undefined {
  return path?.slice(path.lastIndexOf('/') + 1);
}
