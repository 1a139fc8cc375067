// The metrics of the network scraper.

import type { MetricDefinitions } from '../metric.ts';

const INTERFACE = { keys: { device: 'network.interface.name', direction: 'network.io.direction' } };

const CONNECTIONS = {
  name: 'system.network.connection.count',
  unit: '{connection}',
  keys: { protocol: 'network.transport', state: 'network.connection.state' },
  values: {
    CLOSE: 'closed',
    CLOSE_WAIT: 'close_wait',
    CLOSING: 'closing',
    DELETE: 'delete',
    ESTABLISHED: 'established',
    FIN_WAIT_1: 'fin_wait_1',
    FIN_WAIT_2: 'fin_wait_2',
    LAST_ACK: 'last_ack',
    LISTEN: 'listen',
    SYN_RECV: 'syn_received',
    SYN_SENT: 'syn_sent',
    TIME_WAIT: 'time_wait',
  },
};

/** The last three are not of the collector. */
export const NETWORK_METRICS = {
  'system.network.connections': {
    description: 'The number of connections.',
    unit: '{connections}',
    kind: 'updown',
    isInteger: true,
    enabled: true,
    attributes: ['protocol', 'state'],
    conventional: CONNECTIONS,
  },
  'system.network.conntrack.count': {
    description: 'The count of entries in conntrack table.',
    unit: '{entries}',
    kind: 'updown',
    isInteger: true,
    enabled: false,
  },
  'system.network.conntrack.max': {
    description: 'The limit for entries in the conntrack table.',
    unit: '{entries}',
    kind: 'updown',
    isInteger: true,
    enabled: false,
  },
  'system.network.dropped': {
    description: 'The number of packets dropped.',
    unit: '{packets}',
    kind: 'counter',
    isInteger: true,
    enabled: true,
    attributes: ['device', 'direction'],
    conventional: { ...INTERFACE, name: 'system.network.packet.dropped', unit: '{packet}' },
  },
  'system.network.errors': {
    description: 'The number of errors encountered.',
    unit: '{errors}',
    kind: 'counter',
    isInteger: true,
    enabled: true,
    attributes: ['device', 'direction'],
    conventional: { ...INTERFACE, unit: '{error}' },
  },
  'system.network.io': {
    description: 'The number of bytes transmitted and received.',
    unit: 'By',
    kind: 'counter',
    isInteger: true,
    enabled: true,
    attributes: ['device', 'direction'],
    conventional: INTERFACE,
  },
  'system.network.packets': {
    description: 'The number of packets transferred.',
    unit: '{packets}',
    kind: 'counter',
    isInteger: true,
    enabled: true,
    attributes: ['device', 'direction'],
    conventional: { ...INTERFACE, name: 'system.network.packet.count', unit: '{packet}' },
  },
  'system.network.tcp.listen.drops': {
    description:
      'Connections that were dropped because the queue of a listening socket was full or for want of memory.',
    unit: '{connections}',
    kind: 'counter',
    isInteger: true,
    enabled: true,
  },
  'system.network.tcp.listen.overflows': {
    description: 'Connections that were dropped because the accept queue of a listening socket was full.',
    unit: '{connections}',
    kind: 'counter',
    isInteger: true,
    enabled: true,
  },
  'system.network.tcp.retransmits': {
    description: 'TCP segments that were sent again.',
    unit: '{segments}',
    kind: 'counter',
    isInteger: true,
    enabled: true,
  },
} as const satisfies MetricDefinitions;
