#!/usr/bin/env python3
"""No permitted connection is ever reset: ordinary traffic and a bot's, with resets on; TAP.

usage: test_mixed.py EGRESS25 DELAYLINE [MINUTES [PER_SECOND]]

Run by hand, for an hour unless told.  What a permitted connection met is its own socket's word; who was
reset, that of tcpdump on the mirror port, where nothing but resets comes in.
"""
import json
import subprocess
import sys
import time

import network
from network import CLIENT, MAIL
from sensor import Failed, equal, report, until
from wire import HERE, SINK, Wire

PRINTER, OTHER = "10.25.3.88", "198.51.100.41"
# from which host, source and target; whether it is permitted
VISITS = {
    "the mail server's": ("mail", MAIL, f"{SINK}:25", True),
    "inbound": ("inet", OTHER, "198.51.100.1:2525", True),  # to the mail server, by the router
    "within the site": ("client", CLIENT, f"{MAIL}:25", True),
    "submission, which is watched": ("client", CLIENT, f"{SINK}:587", True),
    "what is on no watched port": ("client", CLIENT, f"{SINK}:80", True),
    "the printer's, to where it may": ("client", PRINTER, f"{OTHER}:25", True),
    "the printer's, to elsewhere": ("client", PRINTER, f"{SINK}:25", False),
    "the bot's": ("client", CLIENT, f"{SINK}:25", False),
}
CONFIGURATION = ("reset = on", "also_watch = {587}",
                 f'allow {{ source = "{PRINTER}"\n destination = "{OTHER}" }}')


def prepare(net):
    net.address("client", "eth0", f"{PRINTER}/24")
    net.address("inet", "eth0", f"{OTHER}/24")
    # Inbound mail reaches the mail server by the router.
    net.on("router", "nft", "add chain ip nat prerouting { type nat hook prerouting priority -100; }")
    net.on("router", "nft", "add rule ip nat prerouting iifname wan0 tcp dport 2525 dnat to "
           f"{MAIL}:25")
    for host, places in (("inet", (f"{OTHER}:25", f"{SINK}:587", f"{SINK}:80")), ("mail", (f"{MAIL}:25",))):
        ready = net.directory / f"{host}-serves"
        net.start(host, "python3", HERE / "traffic.py", "serve", ready, *places)
        until("its servers listen", ready.exists)
    # The internal traffic too, and what the router sends.
    net.mirror("port1", "port2", "port3")


def injected(net, path):
    """Sources and targets of the frames that came into the mirror port, each once."""
    said = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e", "ip.src", "-e", "tcp.srcport", "-e", "ip.dst",
                           "-e", "tcp.dstport", "-e", "tcp.flags.reset"], check=True, capture_output=True, text=True)
    return {tuple(line.split("\t")) for line in said.stdout.splitlines()}


def tests(net, program, delayline, minutes, rate):
    wire = Wire(net, program, delayline)
    run = {}

    def build():
        wire.build()
        wire.length(10000)
        prepare(net)
        run["sensor"] = wire.sensor(*CONFIGURATION)

    yield "the network has ordinary traffic, and a monitor whose resets are on", build

    def talk():
        path = net.directory / "injected.pcap"
        dump = net.start("switch", "tcpdump", "-i", "span0", "-Q", "in", "-w", path, "-U", stderr=subprocess.DEVNULL)
        until("tcpdump begins", path.exists)
        children = {name: net.start(host, "python3", HERE / "traffic.py", "visit", minutes * 60, rate, source, target,
                                    stdout=subprocess.PIPE)
                    for name, (host, source, target, _) in VISITS.items()}
        for name, child in children.items():
            run[name] = json.loads(child.communicate()[0])
            net.children.remove(child)
            print(f"# {name}: {run[name]}", flush=True)
        time.sleep(1)
        net.end(dump, 2)
        run["injected"] = injected(net, path)
        run["status"] = run["sensor"].status()
        run["sensor"].stop()

    yield f"all talk for {minutes} minutes", talk

    def whole():
        for name, (_, _, _, permitted) in VISITS.items():
            counts = dict(run[name])
            if permitted:
                equal(name, 0, sum(counts[what] for what in ("refused", "reset", "hung", "failed")))
                if counts["whole"] < minutes * 60 * rate / 2:
                    raise Failed(f"{name}: {counts}: too few to say anything")

    yield "every permitted connection is whole", whole

    def offences():
        for name, (_, _, _, permitted) in VISITS.items():
            if not permitted:
                equal(name, 0, run[name]["messages"])

    yield "no offence delivers a message", offences

    def resets():
        offenders = {CLIENT, PRINTER}
        for source, source_port, target, port, flag in run["injected"]:
            ends = {(source, source_port), (target, port)}
            client = offenders & {source, target}
            if flag not in ("1", "True") or not client or (SINK, "25") not in ends:
                raise Failed(f"into the mirror port came {source}:{source_port} to {target}:{port}, RST {flag}")
        resets = run["status"]["resets"]
        print(f"# resets: {resets}; frames apart: {len(run['injected'])}", flush=True)
        if not run["injected"]:
            raise Failed("none was sent")

    yield "nothing was sent but resets of the two offenders' connections", resets


def main():
    minutes = float(sys.argv[3]) if len(sys.argv) > 3 else 60
    rate = float(sys.argv[4]) if len(sys.argv) > 4 else 5
    return report(lambda net: tests(net, sys.argv[1], sys.argv[2], minutes, rate), network.why_not())


sys.exit(main())
