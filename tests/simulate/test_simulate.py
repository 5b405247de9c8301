#!/usr/bin/env python3
"""The simulator's captures, judged by tshark: TAP.

usage: test_simulate.py SIMULATE

What the labels say was counted while the frames were written; tshark counts them again from the
file, and knows nothing of labels.
"""
import collections
import csv
import hashlib
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

SMTP = ("mail", "rcpt", "data")
TOTALS = (*SMTP, "messages", "recipients")
FIELDS = ("ip.src", "tcp.dstport", "tcp.flags", "tcp.seq_raw", "ip.dst", "tcp.srcport",
          "smtp.req.command", "_ws.malformed", "tcp.checksum.status", "ip.checksum.status",
          "udp.checksum.status", "smtp.response.code", "dns.flags.rcode", "_ws.expert.severity",
          "tcp.stream")
ANSWERED = ("helo", "ehlo", "mail", "rcpt", "data", "bdat", "rset", "quit", "star", "auth")  # four letters are all it gives
SYN, SYN_ACK, ERROR = 0x002, 0x012, 8388608
number = 0
failed = 0


def report(name, wrong):
    global number, failed
    number += 1
    failed += bool(wrong)
    print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
    for line in wrong[:20]:
        print(f"# {line}")
    sys.stdout.flush()


def simulate(program, out, *options):
    subprocess.run([program, "--out", out, "--labels", f"{out}.csv", *options], check=True)
    with open(f"{out}.csv", encoding="ascii", newline="") as f:
        labels = {row["address"]: row for row in csv.DictReader(f)}
    return labels


def digest(*paths):
    h = hashlib.sha256()
    for path in paths:
        h.update(pathlib.Path(path).read_bytes())
    return h.hexdigest()


def stamps(path):
    data = pathlib.Path(path).read_bytes()
    magic, = struct.unpack_from("<I", data)
    assert magic == 0xA1B23C4D, hex(magic)
    at = 24
    while at < len(data):
        seconds, nanoseconds, captured, length = struct.unpack_from("<IIII", data, at)
        assert captured == length
        yield seconds * 10**9 + nanoseconds
        at += 16 + captured
    assert at == len(data)


def tshark(path):
    """Yields each frame's fields, those that occur several times as lists."""
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|", "-E", "occurrence=a",
               "-E", "aggregator=,", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
               "-o", "udp.check_checksum:TRUE"]
    for field in FIELDS:
        command += ["-e", field]
    env = dict(os.environ, LC_ALL="C.UTF-8")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env) as p:
        for line in p.stdout:
            yield dict(zip(FIELDS, line.rstrip("\n").split("|")))
    assert p.returncode == 0


def first(text):
    return text.split(",")[0]


class Session:
    """Pairs the replies of a session with its commands, as RFC 2920 says: in their order."""

    def __init__(self):
        self.open, self.messages, self.recipients, self.tls, self.strays = ["banner"], 0, 0, False, 0

    def command(self, word):
        if word in ANSWERED:
            self.open.append(word)

    def reply(self, code):
        if self.tls or code in ("334", "502"):  # AUTH goes on; 502: what was no command
            return
        # tshark takes a QUIT behind a pipelined DATA that was refused for text of a message.
        what = self.open.pop(0) if self.open else "stray"
        self.strays += what == "stray" and code != "221"
        if what == "data" and code == "354":
            self.open.insert(0, "dot")
        self.messages += what in ("dot", "bdat") and code == "250"
        self.recipients += what == "rcpt" and code == "250"
        self.tls = what == "star" and code == "220"


def count(path):
    """Counts per host what the labels count, and what should not be there."""
    hosts, bad, replies, rcodes = {}, [], 0, 0
    sessions = collections.defaultdict(lambda: collections.defaultdict(Session))
    for n, f in enumerate(tshark(path), 1):
        source, target = first(f["ip.src"]), first(f["ip.dst"])
        flags = int(first(f["tcp.flags"]) or "0", 16) & 0x1F
        if f["_ws.malformed"] or str(ERROR) in f["_ws.expert.severity"].split(","):
            bad.append(f"frame {n}: malformed, or an error to tshark")
        for field in ("tcp.checksum.status", "ip.checksum.status", "udp.checksum.status"):
            if "0" in f[field].split(","):
                bad.append(f"frame {n}: {field}")
        if "," in f["ip.src"]:
            continue  # an ICMP error: the addresses and ports it quotes count for nothing
        if f["tcp.dstport"] == "25":
            host = hosts.setdefault(source, {"syn": set(), "servers": set(), "connected": set(),
                                             "mail": 0, "rcpt": 0, "data": 0})
            if flags == SYN:
                host["syn"].add((target, f["tcp.srcport"], f["tcp.seq_raw"]))
                host["servers"].add(target)
            for command in f["smtp.req.command"].lower().split(","):
                sessions[source][f["tcp.stream"]].command(command)
                if command in SMTP:
                    host[command] += 1
        elif f["tcp.srcport"] == "25" and flags == SYN_ACK:
            hosts[target]["connected"].add((source, f["tcp.dstport"], f["tcp.seq_raw"]))
        elif f["tcp.srcport"] == "25":
            for code in filter(None, f["smtp.response.code"].split(",")):
                sessions[target][f["tcp.stream"]].reply(code)
        replies += bool(f["smtp.response.code"])
        rcodes += bool(f["dns.flags.rcode"])
    for address, of_host in sessions.items():
        bad += [f"{address}: stream {n} has a reply to nothing" for n, x in of_host.items() if x.strays]
    for address, host in hosts.items():
        for key in ("messages", "recipients"):
            host[key] = sum(getattr(x, key) for x in sessions[address].values())
    return hosts, bad, replies, rcodes


def compare(labels, hosts):
    wrong = []
    nothing = {"syn": (), "servers": (), "connected": (), **dict.fromkeys(TOTALS, 0)}
    for address, label in labels.items():
        seen = hosts.get(address, nothing)
        mine = {"attempts": len(seen["syn"]), "servers": len(seen["servers"]), "connected": len(seen["connected"]),
                **{k: seen[k] for k in TOTALS}}
        for key, value in mine.items():
            if int(label[key]) != value:
                wrong.append(f"{address} {label['kind']}: {key} {label[key]}, tshark counts {value}")
    for address in hosts.keys() - labels.keys():
        wrong.append(f"{address}: has no label")
    return wrong


def main():
    program = os.path.abspath(sys.argv[1])
    try:
        subprocess.run(["tshark", "--version"], check=True, capture_output=True)
    except OSError:
        print("1..0 # SKIP tshark is not installed")
        return
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        options = ("--seed", "7", "--days", "1", "--scale", "0.1", "--all", "--bot-on-server")
        labels = simulate(program, "a.pcap", *options)
        simulate(program, "b.pcap", *options)
        report("the same seed gives the same bytes",
               [] if digest("a.pcap", "a.pcap.csv") == digest("b.pcap", "b.pcap.csv") else ["they differ"])
        simulate(program, "c.pcap", "--seed", "8", *options[2:])
        report("another seed gives others", [] if digest("a.pcap") != digest("c.pcap") else ["they do not"])
        times = list(stamps("a.pcap"))
        report("each frame is later than the one before",
               [f"frame {i + 2}" for i, (x, y) in enumerate(zip(times, times[1:])) if y <= x])
        hosts, bad, replies, rcodes = count("a.pcap")
        report("tshark finds no malformed frame and no wrong checksum", bad)
        report("tshark counts attempts, servers, connections, commands, messages and recipients as the labels do",
               compare(labels, hosts))
        report("tshark reads replies and DNS", [] if replies > 500 and rcodes > 300 else [f"{replies}, {rcodes}"])
        report("every kind of bot and sender has tried", [
            f"{x['kind']}" for x in labels.values()
            if x["class"] in ("bot", "sender") and x["attempts"] == "0"])

        labels = simulate(program, "d.pcap", "--view", "blocked", "--dns", "resolver", *options[:-1])
        hosts, bad, _, rcodes = count("d.pcap")
        report("blocked: no frame is malformed", bad)
        report("blocked: tshark counts as the labels do", compare(labels, hosts))
        report("blocked: nobody but the mail server connects", [
            f"{x['kind']} {x['connected']}" for x in labels.values()
            if x["class"] != "mailserver" and x["connected"] != "0"])
        labels = simulate(program, "e.pcap", "--dns", "no", "--kinds", "burst*3,iplist", "--observations", "6")
        hosts, bad, _, rcodes = count("e.pcap")
        report("unseen DNS is not there, and bots end after as many servers as wanted",
               bad + compare(labels, hosts) + ([f"{rcodes} DNS"] if rcodes else []) +
               [f"{x['kind']}: {x['servers']}" for x in labels.values() if not 6 <= int(x["servers"]) <= 8])
    print(f"1..{number}")
    sys.exit(1 if failed else 0)


main()
