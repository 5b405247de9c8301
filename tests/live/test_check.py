#!/usr/bin/env python3
"""`egress25 check` on mirrors that are as they should be, and that are not: TAP, one test a behaviour.

usage: test_check.py EGRESS25

What it sends is judged by a tcpdump at the other end of its cable, which sees a frame before the switch
drops it.
"""
import json
import signal
import subprocess
import sys
import time

import network
from network import ACCEPT, ACCEPT6, CLIENT, CLIENT6, CLIENT_MAC, MAIL
from sensor import Failed, equal, report, until

HERE = network.HERE


class Port:
    """The mirror port of the network, and what is said of it."""

    def __init__(self, net, program):
        self.net, self.program = net, program
        self.runs = 0

    def build(self):
        net = self.net
        network.run("ip", "-n", net.name("switch"), "link", "set", "span0", "master", "br0")
        net.link("switch", "port9", "sensor", "via0")
        network.run("ip", "-n", net.name("switch"), "link", "set", "port9", "master", "br0")
        net.link("router", "span1", "sensor", "mon1")
        for device in ("mon0", "mon1", "via0"):  # the kernel itself is to send nothing
            net.on("sensor", "sysctl", "-qw", f"net.ipv6.conf.{device}.disable_ipv6=1")
        # The copies are not to go round: what the mirror port gets, it alone gets.
        net.on("switch", "bridge", "link", "set", "dev", "span0", "flood", "off", "mcast_flood", "off",
               "bcast_flood", "off")
        for number, address in enumerate((ACCEPT, ACCEPT6)):
            ready = net.directory / f"talk{number}"
            net.start("inet", "python3", HERE / "talk.py", "serve", address, 80, ready)
            until("the server listens", ready.exists)

    def one_way(self):
        """Mirrors what the router sends alone."""
        net = self.net
        net.mirror()
        net.on("switch", "tc", "qdisc", "add", "dev", "port3", "clsact")
        net.on("switch", "tc", "filter", "add", "dev", "port3", "ingress", "protocol", "all", "u32", "match", "u32",
               "0", "0", "action", "mirred", "egress", "mirror", "dev", "span0")

    def accept(self, state):
        """Whether the switch takes what is sent into its mirror port: 3, or drops it: 0."""
        self.net.on("switch", "bridge", "link", "set", "dev", "span0", "state", state)

    def command(self, *options, interface="mon0"):
        return self.net.command("sensor", self.program, "check", "-i", interface, "--mail-server", MAIL, "--format",
                                "json", *options)

    def check(self, *options, talkers=(("client", ACCEPT, 100),), status=0, interface="mon0", listens="span0"):
        """The checks by name, with talkers (host, server, bytes)."""
        net, self.runs = self.net, self.runs + 1
        pcap = net.directory / f"probes{self.runs}.pcap"
        judge = net.start("switch", "tcpdump", "--immediate-mode", "-Uni", listens, "-Q", "in", "-w", pcap,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        talk = [net.start(host, "python3", HERE / "talk.py", "talk", server, 80, size)
                for host, server, size in talkers]
        until("tcpdump begins", pcap.exists)
        done = subprocess.run(self.command(*options, interface=interface), capture_output=True, check=False,
                              timeout=60)
        for child in talk:
            net.end(child)
        net.end(judge, signal.SIGINT)
        equal(f"exit status ({done.stderr.decode()[-300:]})", status, done.returncode)
        self.pcap = pcap
        return {c["name"]: c for c in json.loads(done.stdout)}

    def sent(self):
        """What tcpdump saw come out in the last run."""
        fields = ("eth.dst", "vlan.id", "arp.opcode", "arp.src.proto_ipv4", "arp.dst.proto_ipv4", "icmpv6.type",
                  "ipv6.src", "icmpv6.nd.ns.target_address", "icmpv6.checksum.status")
        done = network.run("tshark", "-nr", self.pcap, "-T", "fields", *(w for f in fields for w in ("-e", f)))
        return [tuple(line.split("\t")) for line in done.stdout.decode().splitlines()]


def results(found, *names):
    return {name: found[name]["result"] for name in names}


def says(check, *words, where="advice"):
    for word in words:
        if word not in (check[where] or ""):
            raise Failed(f"{check['name']}: {where} is {check[where]!r}, without {word!r}")


def tests(net, program):
    port = Port(net, program)
    yield "the network has a mirror port that takes frames", port.build

    both = (("client", ACCEPT, 100), ("mail", ACCEPT, 100))

    def good():
        net.mirror("port3")
        begun = time.monotonic()
        found = port.check("--for", "20s", talkers=both)
        if time.monotonic() - begun > 12:
            raise Failed("it went on though all was proven")
        names = ("interface", "directions", "nat", "mail server", "tags", "offload", "injection", "resets")
        equal("results", dict.fromkeys(names, "pass"), results(found, *names))
        sent = port.sent()
        # What it sent: probes of hosts that were seen, each to that host alone, and nothing else.
        hosts = {CLIENT: CLIENT_MAC, MAIL: network.MAIL_MAC}
        if not 1 <= len(sent) <= 3:
            raise Failed(f"sent: {sent}")
        for mac, vlan, operation, source, target, *rest in sent:
            equal("a probe", ("", "1", "0.0.0.0", [""] * 4), (vlan, operation, source, rest))
            if target in hosts:
                equal("to", hosts[target], mac)
            elif target != "10.25.3.1":
                raise Failed(f"asked {target}")

    yield "a good deployment passes, and is asked by probes alone", good

    def ipv6():
        found = port.check("--for", "2s", "--internal", "192.0.2.0/24", talkers=(("client", ACCEPT6, 100),))
        equal("injection", "pass", found["injection"]["result"])
        sent = port.sent()
        if not 1 <= len(sent) <= 3:
            raise Failed(f"sent: {sent}")
        for mac, _, operation, _, _, kind, source, target, checksum in sent:
            equal("a solicitation", ("", "135", "::", "1"), (operation, kind, source, checksum))
            if target == CLIENT6:
                equal("to", CLIENT_MAC, mac)

    yield "of hosts with IPv6 alone a neighbour is solicited", ipv6

    def never():
        port.one_way()
        found = port.check("--for", "1s", "--reset", "never", "--exit-code", status=1)
        net.mirror("port3")
        equal("results", {"directions": "fail", "injection": "unknown"}, results(found, "directions", "injection"))
        says(found["directions"], "what comes in", where="seen")
        says(found["directions"], "both directions")
        equal("sent", [], port.sent())

    yield "a one-sided mirror fails, and nothing is sent where nothing ever may be", never

    def dropped():
        port.accept(0)
        try:
            found = port.check("--for", "2s", "--exit-code", status=1)
            equal("injection", "fail", found["injection"]["result"])
            says(found["injection"], "drops what is sent into its mirror port", "--reset-via")
            sent = port.sent()
            if not 2 <= len(sent) <= 3:
                raise Failed(f"sent: {sent}")
            found = port.check("--for", "4s", "--reset-via", "via0", "--exit-code", listens="port9", talkers=both)
            equal("injection by another interface", ("pass", "via0"),
                  (found["injection"]["result"], found["injection"]["interface"]))
        finally:
            port.accept(3)

    yield "a port that drops what is sent into it fails, and another interface does not", dropped

    def tagged():
        tagger = net.tagger("88a8:100,8100:30", "88a8:100,8100:30")
        try:
            found = port.check("--for", "1s")
        finally:
            net.end(tagger)
        equal("results", {"directions": "pass", "tags": "pass"}, results(found, "directions", "tags"))
        says(found["tags"], "VLAN 30", "2 tags", where="seen")
        sent = port.sent()
        if not sent or any(vlan not in ("100,30", "30") for _, vlan, *_ in sent):
            raise Failed(f"sent: {sent}")

    yield "tags are seen, and probes carry them", tagged

    def merged():
        net.mirror("port3")
        net.on("sensor", "ethtool", "-K", "mon0", "gro", "on")
        try:
            found = port.check("--for", "1s", talkers=(("client", ACCEPT, 300000),))
            equal("offload", "fail", found["offload"]["result"])
            says(found["offload"], "ethtool -K mon0 gro off")
        finally:
            net.on("sensor", "ethtool", "-K", "mon0", "gro", "off")

    yield "merged frames fail, and what merges them is named", merged

    def nothing():
        net.mirror()
        found = port.check("--for", "1s", talkers=())
        equal("results", {"interface": "fail", "directions": "unknown", "nat": "unknown", "mail server": "warn",
                          "injection": "unknown"},
              results(found, "interface", "directions", "nat", "mail server", "injection"))

    yield "where nothing is mirrored the interface fails", nothing

    def outside():
        for way in ("ingress", "egress"):
            if way == "ingress":
                net.on("router", "tc", "qdisc", "add", "dev", "wan0", "clsact")
            net.on("router", "tc", "filter", "add", "dev", "wan0", way, "protocol", "all", "u32", "match", "u32", "0",
                   "0", "action", "mirred", "egress", "mirror", "dev", "span1")
        found = port.check("--for", "1s", "--public-address", "198.51.100.1", interface="mon1")
        equal("nat", "fail", found["nat"]["result"])
        says(found["nat"], "198.51.100.1", where="seen")
        says(found["nat"], "inside")

    yield "a mirror outside of the NAT fails", outside

    def interrupted():
        child = subprocess.Popen(port.command("--for", "1h"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        child.send_signal(signal.SIGINT)
        words, errors = child.communicate(timeout=10)
        equal("status, errors, checks", (0, b"", 10), (child.returncode, errors, len(json.loads(words))))

    yield "an interrupt ends it with what is known", interrupted

    def wrong():
        done = subprocess.run(port.command(interface="mon7"), capture_output=True, check=False, timeout=10)
        equal("status and output", (3, b""), (done.returncode, done.stdout))
        if b"egress25: mon7: no such interface; there are: " not in done.stderr:
            raise Failed(f"error: {done.stderr}")

    yield "an interface that is none is an error", wrong


def main():
    return report(lambda net: tests(net, sys.argv[1]), network.why_not())


sys.exit(main())
