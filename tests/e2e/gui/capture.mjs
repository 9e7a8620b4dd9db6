// capture.mjs - writes a capture with a little of everything the pages show: HTTP fast and slow, TLS
// names, DNS with an error, ICMP, IPv6, ARP, a VLAN, a refused and an unanswered connection, and
// enough small flows for a table to scroll. The same bytes each time.

import { writeFileSync } from "node:fs";

const BASE = 1_700_000_000; // seconds since 1970
const frames = [];
const put = (t, bytes) => frames.push({ t, bytes });

const be16 = (n) => [(n >> 8) & 255, n & 255];
const be32 = (n) => [(n >>> 24) & 255, (n >> 16) & 255, (n >> 8) & 255, n & 255];
const ascii = (s) => [...Buffer.from(s, "latin1")];
const ip4 = (s) => s.split(".").map(Number);

function sum16(bytes) {
  let s = 0;
  for (let i = 0; i < bytes.length; i += 2) s += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
  return ~s & 0xffff;
}

const mac = (ip) => [2, 0, 0, 0, 0, Number(ip.split(/[.:]/).pop() === "" ? 1 : parseInt(ip.split(/[.:]/).pop(), 16) & 255)];
const GATE = [2, 0, 0, 0, 0, 254];
const local = (ip) => ip.startsWith("192.168.") || ip.startsWith("fe80:");

function ether(src, dst, type, payload, vlan) {
  const tag = vlan ? [0x81, 0x00, ...be16(vlan)] : [];
  return [...(local(dst) ? mac(dst) : GATE), ...(local(src) ? mac(src) : GATE), ...tag, ...be16(type), ...payload];
}

let id = 1;
function packet4(src, dst, proto, body, ttl = 64) {
  const h = [0x45, 0, ...be16(20 + body.length), ...be16(id++ & 0xffff), 0x40, 0, ttl, proto, 0, 0, ...ip4(src), ...ip4(dst)];
  const c = sum16(h);
  h[10] = c >> 8;
  h[11] = c & 255;
  return [...h, ...body];
}

function packet6(src, dst, proto, body) {
  const bytes = (a) => {
    const [l, r = ""] = a.split("::");
    const left = l ? l.split(":") : [];
    const right = r ? r.split(":") : [];
    const groups = a.includes("::") ? [...left, ...Array(8 - left.length - right.length).fill("0"), ...right] : left;
    return groups.flatMap((g) => be16(parseInt(g, 16)));
  };
  return [0x60, 0, 0, 0, ...be16(body.length), proto, 64, ...bytes(src), ...bytes(dst)];
}

const udp = (sp, dp, data) => [...be16(sp), ...be16(dp), ...be16(8 + data.length), 0, 0, ...data];
const FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16;
const tcp = (sp, dp, seq, ack, flags, data = []) => [...be16(sp), ...be16(dp), ...be32(seq), ...be32(ack), 0x50, flags, ...be16(64240), 0, 0, 0, 0, ...data];

function ip(src, dst, proto, body, vlan) {
  if (src.includes(":")) return ether(src, dst, 0x86dd, [...packet6(src, dst, proto, body), ...body], vlan);
  return ether(src, dst, 0x0800, packet4(src, dst, proto, body), vlan);
}

/** One TCP conversation; turns are [from client?, bytes, seconds to wait before]. */
function talk(t, cli, cp, srv, sp, turns, { rtt = 0.02, end = "fin", vlan = 0 } = {}) {
  let c = 1000, s = 5000;
  const send = (out, flags, data = []) => {
    put(t, ip(out ? cli : srv, out ? srv : cli, 6, out ? tcp(cp, sp, c, flags & ACK ? s : 0, flags, data) : tcp(sp, cp, s, c, flags, data), vlan));
    if (out) c += data.length + (flags & (SYN | FIN) ? 1 : 0);
    else s += data.length + (flags & (SYN | FIN) ? 1 : 0);
  };
  send(true, SYN);
  if (end === "silent") {
    t += 1;
    c -= 1;
    send(true, SYN);
    return;
  }
  t += rtt;
  if (end === "refused") {
    send(false, RST | ACK);
    return;
  }
  send(false, SYN | ACK);
  t += 0.0005;
  send(true, ACK);
  for (const [out, data, wait = 0.01] of turns) {
    t += wait;
    for (let i = 0; i < data.length; i += 1400) {
      send(out, PSH | ACK, data.slice(i, i + 1400));
      t += 0.004;
    }
    t += rtt;
    send(!out, ACK);
  }
  if (end === "open") return;
  t += 0.05;
  send(true, FIN | ACK);
  t += rtt;
  send(false, FIN | ACK);
  send(true, ACK);
}

/** A client hello with a server name, enough for any reader of names. */
function hello(name) {
  const n = ascii(name);
  const sni = [...be16(0), ...be16(n.length + 5), ...be16(n.length + 3), 0, ...be16(n.length), ...n];
  const versions = [...be16(43), ...be16(3), 2, 3, 4];
  const groups = [...be16(10), ...be16(4), ...be16(2), 0, 29];
  const ext = [...sni, ...versions, ...groups];
  const body = [3, 3, ...Array(32).fill(7), 0, ...be16(4), 0x13, 1, 0xc0, 0x2f, 1, 0, ...be16(ext.length), ...ext];
  const hs = [1, 0, ...be16(body.length), ...body];
  return [22, 3, 1, ...be16(hs.length), ...hs];
}
const serverHello = (() => {
  const body = [3, 3, ...Array(32).fill(9), 0, 0x13, 1, 0, 0, 0];
  const hs = [2, 0, ...be16(body.length), ...body];
  return [22, 3, 3, ...be16(hs.length), ...hs, 20, 3, 3, 0, 1, 1];
})();
const sealed = (n) => [23, 3, 3, ...be16(n), ...Array(n).fill(0x5a)];

function dns(t, cli, cp, srv, name, rcode = 0, answer = "203.0.113.10") {
  const q = [...name.split(".").flatMap((l) => [l.length, ...ascii(l)]), 0, 0, 1, 0, 1];
  put(t, ip(cli, srv, 17, udp(cp, 53, [0x12, cp & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...q])));
  const a = rcode ? [] : [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...ip4(answer)];
  put(t + 0.012, ip(srv, cli, 17, udp(53, cp, [0x12, cp & 255, 0x81, 0x80 | rcode, 0, 1, 0, rcode ? 0 : 1, 0, 0, 0, 0, ...q, ...a])));
}

const get = (host, url) => ascii("GET " + url + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0\r\nAccept: */*\r\n\r\n");
const reply = (code, n) => ascii("HTTP/1.1 " + code + "\r\nServer: example\r\nContent-Type: text/html\r\nContent-Length: " + n + "\r\n\r\n" + "x".repeat(n));
const icmp = (type, seq) => {
  const b = [type, 0, 0, 0, 0, 1, ...be16(seq), ...Array(56).fill(0x61)];
  const c = sum16(b);
  b[2] = c >> 8;
  b[3] = c & 255;
  return b;
};

export function writeCapture(path) {
  const A = "192.168.2.222", B = "192.168.2.17", C = "192.168.2.130", R = "192.168.2.1";
  put(0, [...Array(6).fill(255), ...mac(A), 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, ...mac(A), ...ip4(A), ...Array(6).fill(0), ...ip4(R)]);
  put(0.001, [...mac(A), ...mac(R), 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, ...mac(R), ...ip4(R), ...mac(A), ...ip4(A)]);
  ["www.example.com", "news.example.org", "cdn.example.net", "slow.example.com"].forEach((n, i) => dns(0.2 + i * 0.3, A, 40000 + i, R, n, 0, "203.0.113." + (10 + i)));
  dns(2, B, 40100, R, "does-not-exist.example.com", 3);
  talk(1, A, 50001, "203.0.113.10", 80, [[true, get("www.example.com", "/"), 0.01], [false, reply("200 OK", 60_000), 0.04], [true, get("www.example.com", "/style.css?" + "v=1&".repeat(60)), 1], [false, reply("200 OK", 9_000), 0.03]]);
  talk(4, A, 50002, "203.0.113.13", 80, [[true, get("slow.example.com", "/report?year=2017"), 0.01], [false, reply("200 OK", 4_000), 1.2]]);
  talk(6, B, 50003, "203.0.113.11", 80, [[true, get("news.example.org", "/gone"), 0.01], [false, reply("404 Not Found", 300), 0.05]]);
  for (let i = 0; i < 8; i++) talk(3 + i * 4, [A, B, C][i % 3], 51000 + i, "203.0.113." + (12 + (i % 3)), 443, [[true, hello(["cdn.example.net", "mail.example.com", "video.example.org"][i % 3])], [false, serverHello, 0.03], [false, sealed(12_000 + i * 4_000), 0.1], [true, sealed(900), 0.4], [false, sealed(30_000), 0.2]], { rtt: 0.01 + i * 0.01, end: i % 2 ? "fin" : "open" });
  talk(10, C, 52000, "198.51.100.7", 25, [], { end: "refused" });
  talk(11, C, 52001, "198.51.100.8", 8443, [], { end: "silent" });
  talk(12, R, 52002, B, 22, [[false, ascii("SSH-2.0-OpenSSH_9.2p1\r\n")], [true, ascii("SSH-2.0-OpenSSH_8.4\r\n")], [false, sealed(700)]], { vlan: 7 });
  talk(14, "fe80::1c7d:9bff:fe12:4e01", 53000, "2001:db8::10", 443, [[true, hello("six.example.com")], [false, serverHello, 0.02], [false, sealed(14_000), 0.1]]);
  for (let i = 0; i < 6; i++) {
    put(20 + i, ip(A, "8.8.8.8", 1, icmp(8, i)));
    put(20.015 + i, ip("8.8.8.8", A, 1, icmp(0, i)));
  }
  for (let i = 0; i < 240; i++) {
    const dst = "198.18." + (i >> 6) + "." + (1 + (i % 60));
    put(25 + i * 0.1, ip([A, B, C][i % 3], dst, 17, udp(30000 + i, 9000 + (i % 5), Array(40 + i).fill(i & 255))));
    put(25.03 + i * 0.1, ip(dst, [A, B, C][i % 3], 17, udp(9000 + (i % 5), 30000 + i, Array(30).fill(1))));
  }
  frames.sort((a, b) => a.t - b.t);
  const out = [Buffer.from([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0])];
  for (const f of frames) {
    const h = Buffer.alloc(16);
    h.writeUInt32LE(BASE + Math.floor(f.t), 0);
    h.writeUInt32LE(Math.round((f.t % 1) * 1e6) % 1_000_000, 4);
    h.writeUInt32LE(f.bytes.length, 8);
    h.writeUInt32LE(f.bytes.length, 12);
    out.push(h, Buffer.from(f.bytes));
  }
  writeFileSync(path, Buffer.concat(out));
  return frames.length;
}
