// Converters for addresses, flows and URIs.

import { createHash } from 'node:crypto';
import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { converter, type Converters } from '../function.ts';
import { OttlEvaluationError, type OttlValue } from '../value.ts';
import { intOf, listOf, textOf } from './arguments.ts';
import { parseUri } from './uri.ts';

export const NETWORK_CONVERTERS: Converters = {
  IsInCIDR: {
    params: ['target', 'networks'],
    prepare([, constant]) {
      const fixed = constant === undefined ? undefined : networksOf(constant);
      return ([target, networks = null]) => {
        const address = textOf(target);
        const known = fixed ?? networksOf(networks);
        if (isIPv4(address)) return known.check(address, 'ipv4');
        return isIPv6(address) && isWithin(known, address);
      };
    },
  },
  CommunityID: converter(
    ['source_ip', 'source_port', 'destination_ip', 'destination_port', 'protocol?', 'seed?'],
    ([sourceIp, sourcePort, destinationIp, destinationPort, protocol = null, seed = null]) =>
      communityId({
        source: endpointOf('source', sourceIp, sourcePort),
        destination: endpointOf('destination', destinationIp, destinationPort),
        protocol: protocol === null ? 'TCP' : textOf(protocol),
        seed: seed === null ? 0n : intOf(seed),
      }),
  ),
  URL: converter(['uri'], ([uri]) => parseUri(textOf(uri))),
};

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An IPv4 address written as IPv6 is in the networks of IPv4. */
function isWithin(networks: BlockList, address: string): boolean {
  const mapped = MAPPED.exec(address)?.[1];
  return mapped === undefined ? networks.check(address, 'ipv6') : networks.check(mapped, 'ipv4');
}

function networksOf(networks: OttlValue): BlockList {
  const list = new BlockList();
  for (const network of listOf(networks)) {
    const text = textOf(network);
    const [address = '', prefix = '', ...rest] = text.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    const bits = /^\d{1,3}$/.test(prefix) && rest.length === 0 ? Number(prefix) : 999;
    if ((family === 'ipv6' && !isIPv6(address)) || bits > (family === 'ipv4' ? 32 : 128)) {
      throw new OttlEvaluationError(`invalid CIDR address: ${text}`);
    }
    list.addSubnet(address, bits, family);
  }
  return list;
}

interface Endpoint {
  readonly address: Buffer;
  readonly port: number;
}

function endpointOf(which: string, ip: OttlValue | undefined, port: OttlValue | undefined): Endpoint {
  const text = textOf(ip);
  const number = intOf(port);
  if (number < 0n || number > 65_535n) {
    throw new OttlEvaluationError(`${which} port must be between 0 and 65535, got ${number}`);
  }
  if (!isIPv4(text) && !isIPv6(text)) throw new OttlEvaluationError(`invalid ${which} IP: ${text}`);
  return { address: addressBytes(text), port: Number(number) };
}

/** Four bytes, or sixteen. */
function addressBytes(text: string): Buffer {
  const four = isIPv4(text) ? text : MAPPED.exec(text)?.[1];
  if (four !== undefined) return Buffer.from(four.split('.').map(Number));
  // Node writes the last four bytes of some addresses as IPv4; groups of hex are easier to read.
  const plain = new SocketAddress({ address: text, family: 'ipv6' }).address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_whole, a: string, b: string, c: string, d: string) =>
      `${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`,
  );
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const groups = [...before, ...zeros, ...after];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

const PROTOCOLS: Readonly<Record<string, number>> = { ICMP: 1, TCP: 6, UDP: 17, RSVP: 46, ICMP6: 58, SCTP: 132 };

interface Flow {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly protocol: string;
  readonly seed: bigint;
}

/** Version 1. Source: https://github.com/corelight/community-id-spec. */
function communityId({ source, destination, protocol, seed }: Flow): string {
  const number = Object.hasOwn(PROTOCOLS, protocol) ? PROTOCOLS[protocol] : undefined;
  if (number === undefined) throw new OttlEvaluationError(`unsupported protocol: ${protocol}`);
  if (seed < 0n || seed > 65_535n) throw new OttlEvaluationError(`seed must be between 0 and 65535, got ${seed}`);
  const [low, high] = isOrdered(source, destination) ? [source, destination] : [destination, source];
  const head = Buffer.alloc(2);
  head.writeUInt16BE(Number(seed));
  const tail = Buffer.alloc(6);
  tail.writeUInt8(number, 0);
  tail.writeUInt16BE(low.port, 2);
  tail.writeUInt16BE(high.port, 4);
  const tuple = Buffer.concat([head, low.address, high.address, tail]);
  return `1:${createHash('sha1').update(tuple).digest('base64')}`;
}

function isOrdered(a: Endpoint, b: Endpoint): boolean {
  if (a.address.length !== b.address.length) return a.address.length < b.address.length;
  const order = Buffer.compare(a.address, b.address);
  return order < 0 || (order === 0 && a.port <= b.port);
}
