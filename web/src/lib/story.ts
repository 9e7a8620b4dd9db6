// story.ts - a flow told in words: what it was, how sure that is, how it went. Pure, and tested.

import * as N from "./numbers.ts";

export interface Told {
  level: "good" | "notice" | "warning" | "error";
  text: string;
}

type Facts = Record<string, unknown>;

function num(f: Facts, k: string): number {
  const v = f[k];
  return typeof v === "number" ? v : 0;
}

/** How sure the application's name is, as the end of a sentence. */
export function certainty(f: Facts): string {
  return basis(f) + (f.not_inspected ? ", because protocol detection had no time for its packets" : "");
}

function basis(f: Facts): string {
  switch (f.confidence) {
    case "dpi":
      return "recognised in its packets";
    case "custom":
      return "by a rule of yours";
    case "cache":
      return "known from an earlier flow of the same server";
    case "dpi_partial":
    case "partial":
      return "partly recognised in its packets";
    case "ip":
      return "guessed from the server's address";
    case "port":
      return "guessed from its port";
    default:
      return "not recognised";
  }
}

const CLIENT: Record<string, string> = {
  syn: "it sent the SYN",
  syn_ack: "the other side answered with SYN-ACK",
  port: "the other side has the well-known port",
  first: "it sent the first packet seen",
  initiator: "its exporter says so",
};

export function clientBecause(f: Facts): string {
  return CLIENT[String(f.client_reason ?? "")] ?? "";
}

const ENDED: Record<string, string> = {
  S0: "the connection was tried and never answered",
  S1: "the connection is established",
  SF: "the connection ended in order",
  REJ: "the server refused the connection",
  S2: "the client has closed its side",
  S3: "the server has closed its side",
  RSTO: "the client broke the connection off",
  RSTR: "the server broke the connection off",
  RSTOS0: "the client gave up before an answer",
  RSTRH: "the server answered and broke off; the client's SYN was not seen",
  SH: "the client opened and closed; the server was never heard",
  SHR: "the server opened and closed; the client was never heard",
  OTH: "it was joined in the middle",
};

export function connection(f: Facts): string {
  return ENDED[String(f.tcp_state ?? "").toUpperCase()] ?? "";
}

/** What went wrong first, or that nothing did. */
export function verdict(f: Facts): Told {
  const appl = num(f, "appl_ms");
  const rtt = num(f, "rtt_ms");
  const ms = (x: number) => N.text(N.duration(x));
  const packets = Math.max(1, num(f, "packets"));
  const again = num(f, "retrans");
  const problem = String(f.problem ?? "none");
  switch (problem) {
    case "certificate_mismatch":
      return { level: "error", text: "The server's certificate is not for the name the client asked for." };
    case "no_answer":
      return { level: "warning", text: "The other side never answered: it is down, or something between drops it." };
    case "refused":
      return { level: "warning", text: "The server refused: nothing listens on that port, or a firewall says no." };
    case "reset":
      return { level: "warning", text: "The connection was broken off." };
    case "zero_window":
      return { level: "warning", text: "Slow: a receiver could not take more and said so." };
    case "dns_error":
      return { level: "warning", text: "The name server answered with an error." };
    case "http_error":
      return { level: "warning", text: "The web server answered with an error" + (f.http_code ? " (" + String(f.http_code) + ")." : ".") };
  }
  if (appl >= 300 && appl > 2 * rtt)
    return { level: "warning", text: "Slow: the server answers in " + ms(appl) + (rtt > 0 ? ", the network in " + ms(rtt) + "." : ".") };
  if (rtt >= 200) return { level: "warning", text: "Slow: the network takes " + ms(rtt) + " there and back" + (appl > 0 ? ", the server " + ms(appl) + "." : ".") };
  if (again >= 3 && again / packets > 0.02)
    return { level: "warning", text: N.text(N.ratio(again / packets)) + " of the packets were sent again: the path loses or delays them." };
  if (problem === "low_goodput") return { level: "notice", text: "Mostly headers: little of it is payload." };
  const risks = Array.isArray(f.risk) ? f.risk.map(String) : [];
  if (problem === "risk" && risks.length) return { level: "warning", text: "Suspicious: " + risks.join("; ") + "." };
  if (problem !== "none" && problem !== "") return { level: "warning", text: "Suspicious: " + problem.replace(/_/g, " ") + "." };
  if (appl > 0 && rtt > 0) return { level: "good", text: "Fine: the server answers in " + ms(appl) + ", the network in " + ms(rtt) + "." };
  if (appl > 0) return { level: "good", text: "Fine: the answer came in " + ms(appl) + "." };
  return { level: "good", text: "Nothing is wrong with it." };
}

/** Who told of the flow and how far its counters can be trusted; "" for one that was seen here. */
export function toldBy(f: Facts): string {
  const exporter = String(f.exporter ?? "");
  if (!exporter) return "";
  const others = num(f, "exporters") - 1;
  const rate = num(f, "sampling");
  const sampled = rate > 1 ? ", which looked at one packet in " + N.grouped(rate) + ": the counters are scaled" : f.sampling_source === "unknown" ? "; nobody has said whether it samples" : "";
  return "Exporter " + exporter + " told of it" + (others > 0 ? ", and " + others + (others === 1 ? " other" : " others") + " that are not counted again" : "") + sampled + ".";
}

export interface Stop {
  ms: number; // since the first packet
  text: string;
}

/** What happened when, as far as the flow's figures tell. */
export function timeline(f: Facts): Stop[] {
  const out: Stop[] = [];
  const rtt = num(f, "rtt_ms");
  const appl = num(f, "appl_ms");
  const total = num(f, "duration_ms");
  const tcp = f.l4 === "tcp";
  out.push({ ms: 0, text: tcp && f.client_reason === "syn" ? "The client opens the connection" : "First packet, from the client" });
  if (rtt > 0) out.push({ ms: rtt, text: "Handshake complete" });
  if (appl > 0) out.push({ ms: rtt + appl, text: "First answer, " + N.text(N.duration(appl)) + " after the request" });
  const state = connection(f);
  if (total > 0 || state) out.push({ ms: Math.max(total, rtt + appl), text: "Last packet" + (state ? "; " + state : "") });
  return out;
}
