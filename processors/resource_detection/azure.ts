// The azure detector: a virtual machine of Azure, from its metadata service.

import { compileRe2 } from '../../pipeline/regexp.ts';
import { Findings, type AttributeSwitches, type Detected, type Detection } from './detected.ts';
import { jsonObject, metadataText, textOf } from './metadata-service.ts';

export const AZURE_ATTRIBUTES = {
  'azure.resourcegroup.name': { enabled: true, description: 'The resource group.' },
  'azure.vm.name': { enabled: true, description: 'The name of the virtual machine.' },
  'azure.vm.scaleset.name': { enabled: true, description: 'The scale set it belongs to, where it does.' },
  'azure.vm.size': { enabled: true, description: 'Its size.' },
  'cloud.account.id': { enabled: true, description: 'The subscription.' },
  'cloud.availability_zone': { enabled: false, description: 'The availability zone.' },
  'cloud.platform': { enabled: true, description: 'azure.vm' },
  'cloud.provider': { enabled: true, description: 'azure' },
  'cloud.region': { enabled: true, description: 'The region.' },
  'host.id': { enabled: true, description: 'The id of the virtual machine.' },
  'host.name': { enabled: true, description: "The system's name, or the virtual machine's." },
} as const;

export interface AzureSettings {
  readonly tags: readonly string[];
  readonly resource_attributes: AttributeSwitches<keyof typeof AZURE_ATTRIBUTES>;
}

const PATH = '/metadata/instance/compute?api-version=2020-09-01&format=json';

/** Fails with NotThere outside Azure. */
export async function detectAzure(settings: AzureSettings, { surroundings, signal }: Detection): Promise<Detected> {
  const url = `${surroundings.services.azure}${PATH}`;
  const text = await metadataText(url, { headers: { metadata: 'true' }, signal });
  const compute = jsonObject(text, "Azure's metadata");
  // Go's JSON, by which the collector reads, does not mind capitals; Azure writes vmId and subscriptionId.
  const byName = new Map(Object.entries(compute).map(([key, value]) => [key.toLowerCase(), value]));
  const of = (key: string): string | undefined => textOf(byName.get(key.toLowerCase()));
  const findings = new Findings(settings.resource_attributes);
  findings.set('cloud.provider', 'azure');
  findings.set('cloud.platform', 'azure.vm');
  findings.set('host.name', computerName(byName.get('osprofile')) ?? of('name'));
  findings.set('cloud.region', of('location'));
  findings.set('host.id', of('vmId'));
  findings.set('cloud.account.id', of('subscriptionId'));
  findings.set('cloud.availability_zone', of('zone'));
  findings.set('azure.vm.name', of('name'));
  findings.set('azure.vm.size', of('vmSize'));
  findings.set('azure.vm.scaleset.name', of('vmScaleSetName'));
  findings.set('azure.resourcegroup.name', of('resourceGroupName'));
  const patterns = settings.tags.map((tag) => compileRe2(tag));
  for (const [name, value] of tagsOf(byName.get('tagslist'))) {
    if (patterns.some((pattern) => pattern.test(name))) findings.add(`azure.tag.${name}`, value);
  }
  return findings.all;
}

/** Undefined where it is empty: a machine made from a specialised disk has none. */
function computerName(profile: unknown): string | undefined {
  if (typeof profile !== 'object' || profile === null || !('computerName' in profile)) return undefined;
  return textOf(profile.computerName) || undefined;
}

function tagsOf(list: unknown): [string, string][] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((tag: unknown): [string, string][] => {
    if (typeof tag !== 'object' || tag === null || !('name' in tag) || !('value' in tag)) return [];
    const [name, value] = [textOf(tag.name), textOf(tag.value)];
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
}
