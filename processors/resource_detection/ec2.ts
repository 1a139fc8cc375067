// The ec2 detector: an instance of Amazon EC2, from its metadata service, of the second version where it has it.

import { setTimeout as sleep } from 'node:timers/promises';
import { compileRe2, type Re2 } from '../../pipeline/regexp.ts';
import { Findings, NotThere, type AttributeSwitches, type Detected, type Detection } from './detected.ts';
import { askMetadata, jsonObject, NoAnswer, textOf } from './metadata-service.ts';

export const EC2_ATTRIBUTES = {
  'cloud.account.id': { enabled: true, description: 'The account.' },
  'cloud.availability_zone': { enabled: true, description: 'The availability zone.' },
  'cloud.platform': { enabled: true, description: 'aws_ec2' },
  'cloud.provider': { enabled: true, description: 'aws' },
  'cloud.region': { enabled: true, description: 'The region.' },
  'host.id': { enabled: true, description: 'The id of the instance.' },
  'host.image.id': { enabled: true, description: 'The image it was started from.' },
  'host.name': { enabled: true, description: 'The name of the host.' },
  'host.type': { enabled: true, description: 'The type of the instance.' },
} as const;

export interface Ec2Settings {
  readonly tags: readonly string[];
  readonly max_attempts: number;
  readonly max_backoff: number;
  readonly resource_attributes: AttributeSwitches<keyof typeof EC2_ATTRIBUTES>;
}

const TOKEN_SECONDS = '21600';

/** Fails with NotThere outside EC2, and with an Error where the service is there and does not know the instance. */
export async function detectEc2(settings: Ec2Settings, detection: Detection): Promise<Detected> {
  const service = new MetadataService(settings, detection);
  const { env } = detection.surroundings;
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true')
    throw new NotThere('AWS_EC2_METADATA_DISABLED is set');
  await service.text('meta-data/instance-id');
  let document: Readonly<Record<string, unknown>>;
  let hostname: string;
  try {
    document = jsonObject(await service.text('dynamic/instance-identity/document'), 'the identity document');
    hostname = await service.text('meta-data/hostname');
  } catch (error) {
    throw new Error(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const findings = new Findings(settings.resource_attributes);
  findings.set('cloud.provider', 'aws');
  findings.set('cloud.platform', 'aws_ec2');
  findings.set('cloud.region', textOf(document['region']));
  findings.set('cloud.account.id', textOf(document['accountId']));
  findings.set('cloud.availability_zone', textOf(document['availabilityZone']));
  findings.set('host.id', textOf(document['instanceId']));
  findings.set('host.image.id', textOf(document['imageId']));
  findings.set('host.type', textOf(document['instanceType']));
  findings.set('host.name', hostname);
  if (settings.tags.length > 0) await addTags(findings, service, settings.tags, detection);
  return findings.all;
}

async function addTags(
  findings: Findings<keyof typeof EC2_ATTRIBUTES>,
  service: MetadataService,
  tags: readonly string[],
  { log }: Detection,
): Promise<void> {
  const patterns: readonly Re2[] = tags.map((tag) => compileRe2(tag));
  try {
    const keys = (await service.text('meta-data/tags/instance')).split('\n').map((key) => key.trim());
    for (const key of keys) {
      if (key === '' || !patterns.some((pattern) => pattern.test(key))) continue;
      findings.add(`ec2.tag.${key}`, await service.text(`meta-data/tags/instance/${encodeURIComponent(key)}`));
    }
  } catch (error) {
    // Tags have to be let into the metadata, which is off by default; without them the instance is known all the same.
    log.warn({ error }, "the instance's tags could not be read; is InstanceMetadataTags enabled?");
  }
}

class MetadataService {
  readonly #base: string;
  readonly #settings: Ec2Settings;
  readonly #detection: Detection;
  #headers: Promise<Readonly<Record<string, string>>> | undefined;

  constructor(settings: Ec2Settings, detection: Detection) {
    const { env, services } = detection.surroundings;
    this.#settings = settings;
    this.#detection = detection;
    this.#base = `${(env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? services.ec2).replace(/\/+$/, '')}/latest`;
  }

  /** Fails with NotThere where nobody answers, or with another status than 200. */
  async text(path: string): Promise<string> {
    this.#headers ??= this.#token();
    const headers = await this.#headers;
    const { max_attempts: most, max_backoff: longestMs } = this.#settings;
    const { signal, random } = this.#detection;
    for (let attempt = 1; ; attempt++) {
      const { status, text } = await askMetadata(`${this.#base}/${path}`, { headers, signal });
      if (status === 200) return text;
      const again = status >= 500 || status === 429;
      // As the AWS SDK: a random part of 1, 2, 4 … s.
      if (!again || attempt >= most) throw new NotThere(`${this.#base}/${path} answered with status ${status}`);
      await sleep(Math.min(longestMs, random() * 2 ** (attempt - 1) * 1_000), undefined, { signal });
    }
  }

  /** None where the service is of the first version, which knows no tokens, or lets none through to a container. */
  async #token(): Promise<Readonly<Record<string, string>>> {
    try {
      const { status, text } = await askMetadata(`${this.#base}/api/token`, {
        method: 'PUT',
        headers: { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS, 'content-length': '0' },
        signal: this.#detection.signal,
      });
      return status === 200 ? { 'x-aws-ec2-metadata-token': text.trim() } : {};
    } catch (error) {
      if (error instanceof NoAnswer) return {};
      throw error;
    }
  }
}
