// exporters.mjs - four exporters on addresses of loopback, each with something to show: a router that
// samples, names its interfaces, loses messages and has a wrong clock (NetFlow v9); a border with routes,
// labels and translated addresses (IPFIX); a firewall that tells events (IPFIX); a switch (sFlow v5).
//
//   const office = await startExporters(port);  ...  office.stop();

import { createSocket } from "node:dgram";

const be16 = (n) => [(n >> 8) & 255, n & 255];
const be32 = (n) => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const be64 = (n) => [...be32(Math.floor(n / 2 ** 32)), ...be32(n >>> 0)];
const ip4 = (s) => s.split(".").map(Number);
const text = (s, n) => [...Buffer.from(s.padEnd(n, "\0").slice(0, n), "latin1")];
const words = (...list) => list.flatMap(be32);

const set = (id, body) => [...be16(id), ...be16(4 + body.length), ...body];
const template = (id, fields) => [...be16(id), ...be16(fields.length), ...fields.flatMap(([element, octets, pen]) => (pen ? [...be16(element | 0x8000), ...be16(octets), ...be32(pen)] : [...be16(element), ...be16(octets)]))];

function v9({ up, now, sequence, domain }, sets, count) {
  return [...be16(9), ...be16(count), ...be32(up), ...be32(now), ...be32(sequence), ...be32(domain), ...sets.flat()];
}
function ipfix({ now, sequence, domain }, sets) {
  const body = sets.flat();
  return [...be16(10), ...be16(16 + body.length), ...be32(now), ...be32(sequence), ...be32(domain), ...body];
}

// --- the router: NetFlow v9, one packet in 100, 42 s behind, every seventh message lost ---

const ROUTER = [[8, 4], [12, 4], [7, 2], [11, 2], [4, 1], [6, 1], [10, 4], [14, 4], [1, 4], [2, 4], [48, 1], [21, 4], [22, 4]];
function router() {
  let sequence = 100;
  let n = 0;
  const up = 86_400_000;
  const peers = ["93.184.216.34", "203.0.113.10", "203.0.113.80", "198.51.100.7", "192.0.2.40"];
  return (ms, second) => {
    const now = Math.floor(ms / 1000) - 42;
    const head = { up: up + second * 1000, now, sequence: sequence++, domain: 7 };
    if (n++ % 7 === 6) return [];
    const flows = [];
    for (let i = 0; i < 12; i++) {
      const out = i % 3 !== 0;
      const inside = "10.20.0." + (10 + (i % 6));
      const peer = peers[(i + Math.floor(second / 9)) % peers.length];
      const port = 41000 + i;
      const bytes = 6000 + 2500 * ((i * 7 + second) % 11);
      const [a, b, ap, bp] = out ? [inside, peer, port, 443] : [peer, inside, 443, port];
      flows.push(...ip4(a), ...ip4(b), ...be16(ap), ...be16(bp), 6, 0x18, ...be32(out ? 3 : 5), ...be32(out ? 5 : 3), ...be32(bytes), ...be32(9 + i), 1, ...be32(up + second * 1000 - 100), ...be32(up + second * 1000 - 1100));
    }
    const sets = [];
    let count = 12;
    if (second % 5 === 0) {
      sets.push(set(0, template(256, ROUTER)));
      // Scope system, sampler 1: random, one in 100. Scope interface: its name and description.
      sets.push(set(1, [...be16(257), ...be16(4), ...be16(12), ...be16(1), ...be16(4), ...be16(48), ...be16(1), ...be16(49), ...be16(1), ...be16(50), ...be16(4), 0, 0]));
      sets.push(set(1, [...be16(258), ...be16(4), ...be16(8), ...be16(2), ...be16(4), ...be16(82), ...be16(16), ...be16(83), ...be16(32)]));
      sets.push(set(257, [...ip4("127.0.0.11"), 1, 2, ...be32(100)]));
      count += 6;
      for (const [index, name, about] of [[3, "Gi0/0/1", "Office floor 2"], [5, "Te0/1/0", "Uplink to provider A"]]) sets.push(set(258, [...be32(index), ...text(name, 16), ...text(about, 32)]));
    }
    sets.push(set(256, flows));
    return [v9(head, sets, count)];
  };
}

// --- the border: IPFIX with routes, labels, a VRF and translated addresses ---

const BORDER = [[8, 4], [12, 4], [7, 2], [11, 2], [4, 1], [10, 4], [14, 4], [1, 8], [2, 8], [16, 4], [17, 4], [9, 1], [13, 1], [15, 4], [18, 4], [234, 4], [235, 4], [70, 3], [71, 3], [225, 4], [227, 2], [136, 1], [152, 8], [153, 8], [61, 1], [305, 4], [6871, 4, 2636]];
function border() {
  let sequence = 0;
  return (ms, second) => {
    const records = [];
    for (let i = 0; i < 4; i++)
      records.push(...ip4("10.30.0." + (20 + i)), ...ip4("198.51.100." + (50 + i)), ...be16(52000 + i), ...be16([443, 25, 53, 22][i]), [6, 6, 17, 6][i], ...be32(101), ...be32(202), ...be64(90_000 + 1000 * i), ...be64(80 + i), ...be32(64500), ...be32(64501 + i), 24, 16, ...ip4("192.0.2.1"), ...ip4("192.0.2.254"), ...be32(10), ...be32(20), 0x00, 0x3e, 0x90, 0x00, 0x7d, 0x01, ...ip4("203.0.113.200"), ...be16(20000 + i), 2, ...be64(ms - 1500), ...be64(ms - 200), 0, ...be32(1), ...be32(4711));
    const sets = second % 10 === 0 ? [set(2, template(300, BORDER))] : [];
    sets.push(set(300, records));
    const message = ipfix({ now: Math.floor(ms / 1000), sequence, domain: 1 }, sets);
    sequence += 4;
    return [message];
  };
}

// --- the firewall: IPFIX events without counters ---

const FIREWALL = [[8, 4], [12, 4], [7, 2], [11, 2], [4, 1], [233, 1], [323, 8], [225, 4], [227, 2]];
function firewall() {
  let sequence = 0;
  return (ms, second) => {
    if (second % 3 !== 0) return [];
    const sets = [set(2, template(400, FIREWALL))];
    const kind = [1, 3, 2, 5][(second / 3) % 4];
    sets.push(set(400, [...ip4("10.40.0." + (2 + (second % 20))), ...ip4("203.0.113.77"), ...be16(33000 + second), ...be16(kind === 3 ? 23 : 443), 6, kind, ...be64(ms - 20), ...ip4("192.0.2.99"), ...be16(40000 + second)]));
    return [ipfix({ now: Math.floor(ms / 1000), sequence: sequence++, domain: 9 }, sets)];
  };
}

// --- the switch: sFlow v5, sampled headers and counters of two interfaces ---

function frame(a, b, ap, bp, length) {
  const ether = [2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 0];
  const ip = [0x45, 0, ...be16(length - 14), 0, 1, 0x40, 0, 64, 6, 0, 0, ...ip4(a), ...ip4(b)];
  return [...ether, ...ip, ...be16(ap), ...be16(bp), ...be32(1), ...be32(1), 0x50, 0x18, ...be16(64240), 0, 0, 0, 0];
}
function sampled(sequence, index, rate) {
  const f = frame("10.50.0." + (3 + (index % 4)), "10.50.1.9", 45000 + (index % 4), 445, 1414);
  const record = words(1, 16 + f.length + ((4 - (f.length % 4)) % 4), 1, 1418, 4, f.length).concat(f, Array((4 - (f.length % 4)) % 4).fill(0));
  const sample = [...words(sequence, 11, rate, rate * sequence, 0, 11, 12, 1), ...record];
  return [...words(1, sample.length), ...sample];
}
function counters(sequence, index, octets) {
  const record = [...words(1, 88, index, 6), ...be64(1_000_000_000), ...words(1, 3), ...be64(octets), ...words(octets / 1000, 0, 0, 0, 0, 0), ...be64(octets / 2), ...words(octets / 2000, 0, 0, 0, 0, 0)];
  const sample = [...words(sequence, index, 1), ...record];
  return [...words(2, sample.length), ...sample];
}
function sflowSwitch() {
  let sequence = 1;
  let samples = 1;
  const begin = Date.now();
  return (ms, second) => {
    const list = [];
    for (let i = 0; i < 4; i++) list.push(sampled(samples++, i, 512));
    const octets = 1_000_000 + 15_000 * (ms - begin);
    if (second % 2 === 0) list.push(counters(sequence, 11, octets), counters(sequence, 12, octets / 4));
    return [[...words(5, 1), ...ip4("127.0.0.14"), ...words(0, sequence++, second * 1000, list.length), ...list.flat()]];
  };
}

const MADE = [["127.0.0.11", router], ["127.0.0.12", border], ["127.0.0.13", firewall], ["127.0.0.14", sflowSwitch]];

/** Begins to send to a port of loopback, several times a second of theirs at first so that there is something to see. */
export async function startExporters(port, { history = 24 } = {}) {
  const sockets = [];
  const senders = [];
  for (const [address, make] of MADE) {
    const socket = createSocket("udp4");
    await new Promise((done) => socket.bind(0, address, done));
    const next = make();
    let second = 0;
    sockets.push(socket);
    senders.push(() => {
      for (const m of next(Date.now(), second)) socket.send(Buffer.from(m), port, "127.0.0.1");
      second++;
    });
  }
  for (let i = 0; i < history; i++) {
    for (const send of senders) send();
    await new Promise((done) => setTimeout(done, 10));
  }
  const timer = setInterval(() => senders.forEach((send) => send()), 1000);
  return {
    stop: () => {
      clearInterval(timer);
      for (const s of sockets) s.close();
    },
  };
}
