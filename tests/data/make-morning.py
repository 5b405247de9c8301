#!/usr/bin/env python3
"""Writes morning.pcap: ten minutes of an invented office's mirror port, on the morning it is listed.

    python3 tests/data/make-morning.py tests/data/morning.pcap

What happens in it (the answers of tests/data/morning.json follow from this list, not from a program):

    10.0.0.25    the mail server: delivers 12 messages to 4 servers; receives 3 from 192.0.2.10
    10.0.3.77    a workstation with a spam bot, its frames tagged with VLAN 30: it asks for the MX of
                 50 domains, each in a network of its own, and makes 100 attempts, two each: 40
                 unanswered (every SYN sent twice), 10 refused, 30 told that the company's
                 address is on a blacklist (554), 20 that send a message
    fd00:30::77  the same workstation by IPv6: 4 attempts on 2 servers, unanswered
    10.0.4.12    a printer that mails scans by the provider's server: 3 attempts, all send
    10.0.4.30    a disk server that mails its status: 2 attempts, answered by the router's ICMP error
    10.0.3.20    a laptop that submits by port 587: no offence
    and a little web and DNS traffic.  Every stamp, port and number comes from a fixed seed.
"""
import heapq
import ipaddress
import random
import struct
import sys

START = 1772521200.0  # 2026-03-03 07:00 UTC
ROUTER = "00:00:5e:00:01:01"
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
rng = random.Random(25)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def address(text):
    return ipaddress.ip_address(text).packed


def ip(source, target, protocol, payload, ttl):
    s, t = address(source), address(target)
    if len(s) == 16:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, ttl) + s + t + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), rng.randrange(65536), 0x4000,
                       ttl, protocol, 0, s, t)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def sealed(source, target, protocol, segment, at):
    """The segment with its checksum, which stands at byte `at`."""
    s, t = address(source), address(target)
    if len(s) == 16:
        pseudo = s + t + struct.pack("!II", len(segment), protocol)
    else:
        pseudo = s + t + struct.pack("!BBH", 0, protocol, len(segment))
    return segment[:at] + struct.pack("!H", checksum(pseudo + segment)) + segment[at + 2:]


class Host:
    def __init__(self, ip, mac, vlan=None):
        self.ip, self.mac, self.vlan = ip, mac, vlan
        self.port = rng.randrange(49152, 60000)

    def next_port(self):
        self.port += 1
        return self.port


class Capture:
    def __init__(self):
        self.frames, self.serial = [], 0

    def add(self, when, source_mac, target_mac, vlan, packet):
        kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
        tag = b"" if vlan is None else struct.pack("!HH", 0x8100, vlan)
        macs = bytes.fromhex((target_mac + source_mac).replace(":", ""))
        self.serial += 1
        heapq.heappush(self.frames, (when, self.serial, macs + tag + struct.pack("!H", kind) + packet))

    def out(self, when, host, packet):
        self.add(when, host.mac, ROUTER, host.vlan, packet)

    def back(self, when, host, packet):
        # This switch tags what it mirrors in one direction only, as many do.
        self.add(when, ROUTER, host.mac, None, packet)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            while self.frames:
                when, _, frame = heapq.heappop(self.frames)
                seconds, micro = divmod(round(when * 1e6), 1000000)
                file.write(struct.pack("<IIII", seconds, micro, len(frame), len(frame)) + frame)


class Conversation:
    """One TCP connection between a host of ours and a server outside."""

    def __init__(self, capture, when, host, server, port, inward=False):
        self.capture, self.now, self.host, self.inward = capture, when, host, inward
        inner, outer = (host.ip, host.next_port()), (server, port)
        if inward:
            inner, outer = (host.ip, port), (server, rng.randrange(1024, 65536))
        self.ends = (outer, inner) if inward else (inner, outer)  # client, server
        self.number = [rng.randrange(1 << 32), rng.randrange(1 << 32)]
        self.rtt = rng.uniform(0.02, 0.12)

    def wait(self, seconds):
        self.now += seconds

    def segment(self, side, flags, payload=b"", options=b""):
        (source, sport), (target, dport) = self.ends[side], self.ends[1 - side]
        ack = self.number[1 - side] if flags & ACK else 0
        head = struct.pack("!HHIIBBHHH", sport, dport, self.number[side], ack,
                           (20 + len(options)) << 2, flags, 64240, 0, 0)
        segment = sealed(source, target, 6, head + options + payload, 16)
        outward = (side == 0) != self.inward
        packet = ip(source, target, 6, segment, 128 if outward else 52)
        (self.capture.out if outward else self.capture.back)(self.now, self.host, packet)
        self.number[side] = (self.number[side] + len(payload) + bool(flags & (SYN | FIN))) % (1 << 32)
        return packet

    def syn(self, again=0):
        options = bytes.fromhex("020405b40103030801010402")
        packet = self.segment(0, SYN, options=options)
        first = self.now
        for i in range(again):
            self.capture.out(first + 3 * (i + 1), self.host, packet)
        return packet

    def open(self):
        self.syn()
        self.wait(self.rtt)
        self.segment(1, SYN | ACK, options=bytes.fromhex("020405b4"))
        self.wait(0.0002)
        self.segment(0, ACK)

    def say(self, side, text):
        self.wait(self.rtt if side else 0.001)
        self.segment(side, PSH | ACK, text.replace("\n", "\r\n").encode())

    def close(self):
        self.wait(0.001)
        self.segment(0, FIN | ACK)
        self.wait(self.rtt)
        self.segment(1, FIN | ACK)
        self.wait(0.0002)
        self.segment(0, ACK)

    def deliver(self, banner, helo, sender, recipient, body):
        self.open()
        for side, text in ((1, f"220 {banner} ESMTP\n"), (0, f"EHLO {helo}\n"),
                           (1, f"250-{banner}\n250 SIZE 20480000\n"), (0, f"MAIL FROM:<{sender}>\n"),
                           (1, "250 2.1.0 Ok\n"), (0, f"RCPT TO:<{recipient}>\n"),
                           (1, "250 2.1.5 Ok\n"), (0, "DATA\n"), (1, "354 End with <CR><LF>.<CR><LF>\n"),
                           (0, f"{body}\n.\n"), (1, "250 2.0.0 Ok: queued\n"), (0, "QUIT\n"),
                           (1, "221 2.0.0 Bye\n")):
            self.say(side, text)
        self.close()

    def told_listed(self, banner, helo):
        self.open()
        self.say(1, f"220 {banner} ESMTP\n")
        self.say(0, f"HELO {helo}\n")
        self.say(1, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org\n")
        self.close()

    def refuse(self):
        self.syn()
        self.wait(self.rtt)
        self.number[1] = 0
        self.segment(1, RST | ACK)

    def prohibit(self):
        """The router answers: communication administratively prohibited."""
        quoted = self.syn()[:28]
        self.wait(0.0004)
        message = struct.pack("!BBHI", 3, 13, 0, 0) + quoted
        message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
        self.capture.back(self.now, self.host, ip("10.0.4.1", self.host.ip, 1, message, 64))


def name_of(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".")) + b"\0"


def dns(capture, when, host, domain, exchange, server):
    """The MX of a domain is asked for, and answered with the exchange and its address."""
    resolver, port, number = "203.0.113.53", host.next_port(), rng.randrange(65536)
    question = name_of(domain) + b"\0\x0f\0\1"
    mx = b"\0\x0a" + name_of(exchange)
    answer = (b"\xc0\x0c\0\x0f\0\1" + struct.pack("!IH", 3600, len(mx)) + mx +
              name_of(exchange) + b"\0\1\0\1" + struct.pack("!IH", 3600, 4) + address(server))

    def datagram(source, sport, target, tport, body, ttl):
        head = struct.pack("!HHHH", sport, tport, 8 + len(body), 0)
        return ip(source, target, 17, sealed(source, target, 17, head + body, 6), ttl)

    ask = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + question
    tell = struct.pack("!HHHHHH", number, 0x8180, 1, 1, 0, 1) + question + answer
    capture.out(when, host, datagram(host.ip, port, resolver, 53, ask, 128))
    capture.back(when + 0.03, host, datagram(resolver, 53, host.ip, port, tell, 52))


def web(capture, when, host):
    talk = Conversation(capture, when, host, "203.0.113.80", 443)
    talk.open()
    talk.say(0, "\x16\x03\x01 hello")
    talk.say(1, "\x16\x03\x03" + "x" * 900)
    talk.close()


def bot(capture, host):
    helos = ("user-pc", "[127.0.0.1]", "mail.example", "localhost")
    kinds = ["unanswered"] * 40 + ["refused"] * 10 + ["listed"] * 30 + ["sent"] * 20
    rng.shuffle(kinds)
    for i, kind in enumerate(kinds):
        when = START + 60 + 4.5 * i + rng.random()
        server, domain = f"198.18.{i % 50}.25", f"d{i % 50}.example"
        name = f"mx.{domain}"
        dns(capture, when - 0.1, host, domain, name, server)
        talk = Conversation(capture, when, host, server, 25)
        if kind == "unanswered":
            talk.syn(again=1)
        elif kind == "refused":
            talk.refuse()
        elif kind == "listed":
            talk.told_listed(name, helos[i % 4])
        else:
            talk.deliver(name, helos[i % 4], f"offer@firm{i % 12}.example", f"someone{i}@{domain}",
                         f"Subject: offer {i}\n\nCheap, cheap, cheap.")


def main():
    capture = Capture()
    mail = Host("10.0.0.25", "00:16:3e:00:00:19")
    pc = Host("10.0.3.77", "00:14:22:4a:10:77", 30)
    pc6 = Host("fd00:30::77", "00:14:22:4a:10:77", 30)
    laptop = Host("10.0.3.20", "00:14:22:4a:10:20", 30)
    printer = Host("10.0.4.12", "00:1b:a9:0c:04:12", 40)
    disks = Host("10.0.4.30", "00:11:32:0d:04:30", 40)
    for i in range(12):
        Conversation(capture, START + 5 + 47 * i, mail, f"198.51.100.{10 + i % 4}", 25).deliver(
            f"mx{i % 4}.example.com", "mail.example.org", f"anna{i}@example.org",
            f"ben@example{i % 4}.com", f"Subject: minutes {i}\n\nHello.")
    for i in range(3):
        Conversation(capture, START + 20 + 150 * i, mail, "192.0.2.10", 25, inward=True).deliver(
            "mail.example.org", "mx.example.com", "ben@example.com", f"anna{i}@example.org",
            "Subject: answer\n\nHello.")
    bot(capture, pc)
    for i in range(4):
        Conversation(capture, START + 200 + 30 * i, pc6, f"2001:db8:25::{1 + i % 2}", 25).syn(again=1)
    for i in range(3):
        Conversation(capture, START + 100 + 160 * i, printer, "203.0.113.25", 25).deliver(
            "smtp.provider.example", "printer2", "scan@example.org", f"anna{i}@example.org",
            "Subject: scan\n\n" + "\n".join(["QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=" * 2] * 12))
    for i in range(2):
        Conversation(capture, START + 300 + 200 * i, disks, "203.0.113.99", 25).prohibit()
    for i in range(2):
        Conversation(capture, START + 130 + 170 * i, laptop, "203.0.113.58", 587).deliver(
            "submit.example", "laptop", "eve@example.org", "ben@example.com", "Subject: hi\n\nHello.")
    for i in range(20):
        web(capture, START + 3 + 28 * i, (laptop, pc, mail)[i % 3])
    capture.write(sys.argv[1])


main()
