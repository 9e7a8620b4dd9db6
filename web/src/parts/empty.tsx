// empty.tsx - an empty page that teaches: what would be here, why it is not, what fills it.

import { chosen, interfaces, isCollector, q, setParams } from "../lib/state.ts";

export function EmptyTraffic() {
  const i = chosen.value ?? interfaces.value[0];
  return (
    <div class="empty">
      <h1>No packet yet</h1>
      {i && i.is_file ? (
        <p>{i.name} is being read{i.done ? ", and no packet of it could be" : ""}. {i.damage ? "It is damaged: " + i.damage + "." : ""} The System page counts what was refused and why.</p>
      ) : i && isCollector(i) ? (
        <p>Weir waits on {i.name} for what routers, switches and probes export. Name this machine and that port to them as their collector of NetFlow, IPFIX or sFlow; to make something come: <code>weir probe -i eth0 -n HOST:PORT</code></p>
      ) : i ? (
        <p>Weir listens on {i.name}, which is {i.state}. As soon as something passes it shows here: who talks, in which applications, how fast. To make something pass: <code>ping -c 3 192.0.2.1</code></p>
      ) : (
        <p>Weir has no interface to read. Start it with one, <code>weir -i eth0</code>, or with a capture file, <code>weir -i file.pcap</code>.</p>
      )}
    </div>
  );
}

export function EmptyFlows() {
  return q.value ? (
    <>
      <h2>No active flow matches</h2>
      <p>The filter is <span class="code">{q.value}</span>. A flow stays here until it has been silent for a while (flow-idle, 60 s unless set); <code>--flow-idle 3600</code> keeps flows for an hour.</p>
      <p><button type="button" class="button" onClick={() => setParams({ q: undefined })}>Clear the filter</button></p>
    </>
  ) : (
    <>
      <h2>No active flow</h2>
      <p>A flow is what two ends say to each other over one protocol and pair of ports. It appears with its first packet and leaves when it has been silent for flow-idle (60 s unless set). After a capture file has been read its flows stay.</p>
    </>
  );
}

export function EmptyHosts() {
  return q.value ? (
    <>
      <h2>No host has an active flow that matches</h2>
      <p>The filter is <span class="code">{q.value}</span>.</p>
      <p><button type="button" class="button" onClick={() => setParams({ q: undefined })}>Clear the filter</button></p>
    </>
  ) : (
    <>
      <h2>No host</h2>
      <p>Each address that sends or receives a packet becomes a host. Local ones are those of <code>--local-networks</code> and of the watched interfaces.</p>
    </>
  );
}
