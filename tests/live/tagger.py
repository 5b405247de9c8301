#!/usr/bin/env python3
"""Copies frames from one interface to another and puts VLAN tags on, by direction.

usage: tagger.py FROM TO OUTWARD INWARD READY MAC,MAC

OUTWARD (frames from one of the MACs) and INWARD (all others) are lists of TPID:VLAN, outermost first,
such as 88a8:100,8100:30, or 'none'.  Makes the file READY once it listens.
"""
import pathlib
import socket
import struct
import sys

ALL = 3
OUTGOING = 4


def tags(text):
    if text == "none":
        return b""
    pairs = (entry.split(":") for entry in text.split(","))
    return b"".join(struct.pack("!HH", int(tpid, 16), int(vlan)) for tpid, vlan in pairs)


def main():
    source, target, outward, inward, ready, macs = sys.argv[1:]
    own = {bytes.fromhex(mac.replace(":", "")) for mac in macs.split(",")}
    outward, inward = tags(outward), tags(inward)
    reader = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    reader.bind((source, ALL))
    writer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    writer.bind((target, 0))
    pathlib.Path(ready).touch()
    while True:
        frame, (_, _, kind, *_) = reader.recvfrom(65536)
        if kind == OUTGOING:
            continue
        put = outward if frame[6:12] in own else inward
        try:
            writer.send(frame[:12] + put + frame[12:])
        except OSError:
            pass  # larger than the interface takes: offloaded segments, which a test does not make


main()
