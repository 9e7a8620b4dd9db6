#!/usr/bin/env python3
"""fuzz_zmq.py DIR - writes messages of each header layout, as JSON, TLV and compressed."""
import os
import struct
import sys
import zlib

JSON = (b'[{"8":"192.12.193.11","12":"192.168.1.92","2":5,"1":406,"22":1412183096,"57590":"5.126","35632.123":0.5,'
        b'"A":{"B":[1,"]"]},"json":"{\\"X\\":\\"\\u00e8\\"}","IN_SRC_MAC":"00:25:90:d4:cc:f9"},{"231":1e3,"N":null}]')
COUNTER = b'{"deviceIP":3232236201,"ifIndex":3,"ifName":"Gi0/3","ifSpeed":1000,"ifAdminStatus":"Up","ifInOctets":1}'
STATUS = (b'{"iface":{"name":"eth1"},"probe":{"version":"10.1"},"time":1497300991,"packet_drops":4,'
          b'"drops":{"export_queue_full":2}}')
INTERFACES = b'{"192.168.2.169":{"3":"Gi0/3"},"2001:db8::1":{"4":"xe-0/0/1"}}'
TEMPLATE = b'[{"PEN":8741,"field":22,"name":"APP"},{"PEN":8741,"field":22,"value":1,"map":{"name":"Skype"}}]'
TLV = bytes.fromhex("0101b40008494e5f425954455300011170bb000d4c375f50524f544f5f4e414d45000448545450b500094f55545f42595"
                    "44553000000012a05f200263dff3ae0fbbc74133c012b08000731302e302e302e3101")


def header(size, topic, version=2, flags=0, length=0):
    if size == 40:
        return struct.pack("<32sII", topic, version, length)
    if size == 24:
        return struct.pack("<16sBBH", topic, version, 7, length) + struct.pack(">I", 42)
    if size == 28:
        return struct.pack("<16sBBH", topic, version, 0, length) + struct.pack(">II", 42, 7)
    return struct.pack("<16sBBHII", topic, 4, flags, 0, length, length) + struct.pack(">II", 42, 7)


def main():
    seeds = [header(size, b"flow") + JSON for size in (24, 28, 36, 40)]
    seeds += [header(28, topic) + JSON for topic in (b"event", b"template", b"option", b"hello", b"snmp-ifaces")]
    seeds += [header(24, b"flow", 3) + TLV, header(36, b"flow", 4, 2, len(TLV)) + TLV]
    seeds += [header(36, b"flow", 4, 6) + zlib.compress(TLV), header(28, b"flow") + b"\0" + zlib.compress(JSON)]
    seeds += [header(28, b"counter") + COUNTER]
    told = ((b"event", STATUS), (b"snmp-ifaces", INTERFACES), (b"template", TEMPLATE))
    seeds += [header(28, topic) + payload for topic, payload in told]
    sizes = [24, 28, 36, 40] + [28] * 5 + [24, 36, 36, 28, 28] + [28] * 3
    for i, (size, seed) in enumerate(zip(sizes, seeds)):
        with open(os.path.join(sys.argv[1], "zmq%02d" % i), "wb") as f:
            f.write(bytes([size]) + seed)


if __name__ == "__main__":
    main()
