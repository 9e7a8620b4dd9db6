// types.ts - answers of the API that pages use by name; everything else goes by the field table.

export interface Totals {
  t: number;
  first: number;
  last: number;
  received: number;
  received_bytes: number;
  kernel_dropped: number;
  interface_dropped: number;
  damaged: number;
  wire_packets: number;
  wire_bytes: number;
  emergency: number;
  ip_packets: number;
  ip_bytes: number;
  overhead_bytes: number;
  upload_bytes: number;
  download_bytes: number;
  bps: number;
  pps: number;
  upload_bps: number;
  download_bps: number;
  flows_active: number;
  flows_created: number;
  flows_ended: number;
  hosts_active: number;
  hosts_local: number;
  devices: number;
  retrans: number;
  ooo: number;
  lost: number;
  goodput_bytes: number;
  alerted_flows: number;
  datagrams: number;
  records: number;
  records_accepted: number;
  records_options: number;
  records_counted: number;
  record_packets: number;
  record_bytes: number;
  sampled_frames: number;
  counter_samples: number;
  l4: L4[];
  locality: Record<"l2l" | "l2r" | "r2l" | "r2r", number | { bytes: number; packets: number }>;
  sizes: { bins: number[]; packets: number[] };
}

export interface L4 {
  l4: string;
  bytes_sent: number;
  bytes_rcvd: number;
  packets_sent: number;
  packets_rcvd: number;
}

export interface End {
  ip?: string;
  port?: number;
  mac?: string;
  name?: string;
}

export interface Flow {
  flow_id: string;
  cli: End;
  srv: End;
  l4?: string;
  app?: string;
  [key: string]: unknown;
}

export interface HostRow {
  host_id: string;
  ip: string;
  vlan?: number;
  local?: boolean | number;
  multicast?: boolean | number;
  name?: string;
  name_source?: string;
  os?: string;
  network?: string | null;
  router_mac?: boolean;
  vendor?: string;
  mac?: string;
  bytes: number;
  packets: number;
  bytes_sent?: number;
  bytes_rcvd?: number;
  bps?: number;
  trend?: string;
  flows_client?: number;
  flows_server?: number;
  alerted_flows?: number;
  first_seen?: number;
  last_seen?: number;
  [key: string]: unknown;
}

export interface NameCount {
  name: string;
  count: number;
}

export interface HostApp {
  app: string;
  app_id: number;
  category?: string;
  bytes_sent: number;
  bytes_rcvd: number;
  packets_sent: number;
  packets_rcvd: number;
  flows: number;
  seconds: number;
}

export interface HostIcmp {
  version: number;
  type: number;
  code: number;
  name: string;
  sent: number;
  rcvd: number;
  last_sent_peer?: string | null;
  last_rcvd_peer?: string | null;
}

export interface Host extends HostRow {
  l4?: L4[];
  apps?: HostApp[];
  sizes?: { bins: number[]; sent: number[]; rcvd: number[] };
  tcp?: Record<string, number>;
  goodput?: { sent: number; rcvd: number };
  low_goodput?: { client: number; server: number };
  unanswered?: { client: number; server: number };
  arp?: Record<string, number>;
  icmp?: HostIcmp[];
  dns?: Record<string, number> & { names?: NameCount[] };
  http?: { requests_sent?: number; requests_rcvd?: number; codes_sent?: number[]; codes_rcvd?: number[]; names?: NameCount[] };
  names?: NameCount[];
  series?: { end: number; step_ms: number; sent: (number | null)[]; rcvd: (number | null)[] };
}

export interface Group {
  kind: string;
  id: number | string;
  key: string;
  name: string;
  bytes: number;
  bytes_sent: number;
  bytes_rcvd: number;
  packets: number;
  bps: number;
  trend?: string;
  flows: number;
  total_flows: number;
  first_seen?: number;
  last_seen?: number;
  filter: string;
  mac?: string;
  vendor?: string;
  hosts?: number;
  arp?: Record<string, number>;
}

export interface Top {
  key: string;
  label: string;
  bytes: number;
  bytes_sent: number;
  bytes_rcvd: number;
  packets: number;
  bps: number;
  flows: number;
  filter: string;
}

export interface Interface {
  id: number;
  name: string;
  kind: string;
  state: string;
  is_file: boolean;
  done: boolean;
  damage?: string;
  workers: number;
  totals: Totals;
}

/** A row of /exporters. */
export interface Exporter {
  ip: string;
  name: string;
  protocol: string;
  domains: number;
  first_seen: number;
  last_seen: number;
  state: "sends" | "silent" | "remembered";
  silent_ms: number;
  datagrams: number;
  export_bytes: number;
  records: number;
  options: number;
  lost_records: number;
  lost_messages: number;
  reordered: number;
  duplicate: number;
  no_template: number;
  parked: number;
  malformed: number;
  restarts: number;
  skew_ms: number;
  templates: number;
  sampling: number;
  sampling_source: string;
  bytes: number;
  packets: number;
  bps: number;
  raw_bytes: number;
  raw_packets: number;
  dup_bytes: number;
  dup_packets: number;
  filter: string;
}

/** One observation domain of an exporter in one protocol. */
export interface ExporterStream {
  domain: number;
  protocol: string;
  name: string;
  if: number;
  state: string;
  last_seen: number;
  silent_ms: number;
  usual_ms: number;
  datagrams: number;
  export_bytes: number;
  records: number;
  options: number;
  lost: number;
  lost_unit: string;
  reordered: number;
  duplicate: number;
  no_template: number;
  parked: number;
  malformed: number;
  restarts: number;
  skew_ms: number;
  templates: number;
  sampling: number;
  sampling_source: string;
  bytes: number;
  bps: number;
  raw_bytes: number;
}

export interface ExporterInterface {
  index: number;
  name: string;
  bytes_in: number;
  bytes_out: number;
  packets_in: number;
  packets_out: number;
  bps: number;
  last_seen: number;
  description: string;
  speed_bps: number;
  counters?: InterfaceCounters;
}

/** What an interface counted itself; rates as soon as there are two samples. */
export interface InterfaceCounters {
  t: number;
  admin_up: boolean;
  oper_up: boolean;
  interval_ms?: number;
  in_bps?: number;
  out_bps?: number;
  in_pps?: number;
  out_pps?: number;
  total: Record<"in_octets" | "out_octets" | "in_packets" | "out_packets" | "in_errors" | "out_errors" | "in_discards" | "out_discards", number>;
  restarts: number;
}

/** A layout of records that an exporter announced. */
export interface Layout {
  domain: number;
  protocol: string;
  id: number;
  options: boolean;
  heard: boolean;
  octets: number;
  variable: boolean;
  records: number;
  changes: number;
  learnt: number;
  used: number;
  fields: { id: number; pen: number; name: string; octets: number; scope: boolean }[];
}

export interface SamplingRate {
  domain: number;
  protocol: string;
  heard: boolean;
  id?: number;
  name: string;
  rate: number;
  mode: string;
  source: string;
  before: number;
  changed?: number;
}

export interface ExporterDetail extends Exporter {
  streams: ExporterStream[];
  interfaces: ExporterInterface[];
  layouts: Layout[];
  rates: SamplingRate[];
}

/** A record that is no traffic. */
export interface Told {
  t: number;
  exporter: string;
  domain: number;
  kind: "event" | "message";
  what: string;
  l4: string;
  src: { ip: string; port: number };
  dst: { ip: string; port: number };
  fields: Record<string, unknown>;
}

/** A target that flows are exported to. */
export interface Export {
  name: string;
  state: string;
  offered: number;
  sent: number;
  queued: number;
  dropped: number;
  messages: number;
  bytes: number;
  drops: Record<string, number>;
}

/** An exporter that told of a flow. */
export interface Hop {
  exporter: string;
  domain: number;
  in_if: number;
  out_if: number;
  last_seen: number;
}

export interface WeirEvent {
  t: number;
  kind: string;
  text: string;
  filter?: string;
  link?: string;
}

export interface Summary {
  sentence: string;
  level: "good" | "notice" | "warning" | "error";
}

export interface System {
  pid: number;
  uptime_s: number;
  started: number;
  version: string;
  memory: { rss_bytes: number; huge_bytes: number; limit_bytes: number; outside_bytes: number; budget_bytes: number; accounts: { name: string; text: string; bytes: number; peak: number; refused: number }[] };
  threads: unknown;
  questions: unknown;
  options: { name: string; value: string | number | boolean | string[]; source: string; text: string }[];
}

export interface Ledger {
  closes: boolean;
  lines: { id: string; text: string; unit: string; left_name: string; left: number; terms: { name: string; value: number; minus?: boolean }[]; gap: number }[];
  reasons: { name: string; group: string; title: string; text: string; packets: number; bytes: number }[];
  losses: { name: string; group: string; title: string; text: string; records: number }[];
}
