#!/usr/bin/env python3
"""`egress25 watch` on a mirror port: TAP, one test a behaviour.

usage: test_live.py EGRESS25

The network (network.py) is made of namespaces with a NAT router, a real postfix and a mirror by tc.
What must be found follows from what the test does, and is judged a second time by tcpdump on the
same port with tshark's count of its file.
"""
import collections
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time

import network
from network import (ACCEPT, ACCEPT6, ACCEPT_TOO, CLIENT, CLIENT6, CLIENT_MAC, CLOSED, DROP, DROP6, MAIL,
                     PROHIBIT, RESET)
from sensor import Failed, Sensor, equal, report, until

HANDSHAKE = ("sent", "encrypted", "rejected", "connected")


def judged(sensor, client):
    """What tshark finds in tcpdump's file: attempts, connected, destinations and payload bytes."""
    field = "ipv6" if ":" in client else "ip"
    # An ICMP error quotes the SYN, and tshark's fields are those of both headers.
    out = f"!icmp && !icmpv6 && tcp.dstport==25 && {field}.src=={client}"
    back = f"!icmp && !icmpv6 && tcp.srcport==25 && {field}.dst=={client}"
    syns = set(sensor.tshark(f"{out} && tcp.flags.syn==1", f"{field}.dst", "tcp.srcport", "tcp.seq_raw"))
    answers = set(sensor.tshark(f"{back} && tcp.flags.syn==1 && tcp.flags.ack==1", f"{field}.src",
                                "tcp.dstport", "tcp.ack_raw"))
    payload = set(sensor.tshark(f"{out} && tcp.len>0", f"{field}.dst", "tcp.srcport", "tcp.seq_raw", "tcp.len"))
    return {"attempts": len(syns), "connected": len(answers), "destinations": len({s[0] for s in syns}),
            "bytes_sent": sum(int(row[3]) for row in payload)}


def offender_equals(sensor, client, **expected):
    """Offender `client` has these numbers, and tshark says so too."""
    found = sensor.offenders().get(client)
    if not found:
        raise Failed(f"{client} is no offender; these are: {sorted(sensor.offenders())}")
    equal(client, expected, {key: found[key] for key in expected})
    judge = judged(sensor, client)
    equal(f"{client} beside tshark", judge, {key: found[key] for key in judge})
    return found


class Plain:
    """The untagged mirror: one run of the monitor whose record several tests ask."""

    def __init__(self, net, program):
        self.net, self.program = net, program

    def happen(self):
        net = self.net
        net.mirror("port3")
        self.sensor = sensor = Sensor(net, self.program, "plain").start()
        # Long enough for the SYN to be sent again twice.
        knocks = [net.knock("client", server, seconds) for server, seconds in
                  ((DROP, 3.6), (DROP6, 3.6), (RESET, 2), (PROHIBIT, 2), (CLOSED, 2))]
        net.swaks("client", ACCEPT, 2)
        net.swaks("client", ACCEPT_TOO)
        net.swaks("client", ACCEPT6)
        net.swaks("mail", ACCEPT, 2)
        for knock in knocks:
            knock.wait(timeout=30)
            net.children.remove(knock)
        sensor.await_attempts(CLIENT, 7)
        sensor.await_attempts(CLIENT6, 2)
        self.live_status = sensor.status()
        self.stopped = sensor.stop()

    def stops(self):
        equal("exit status after SIGTERM", 0, self.stopped)
        equal("running", False, self.sensor.status()["running"])

    def counts(self):
        found = offender_equals(self.sensor, CLIENT, attempts=7, connected=3, destinations=6)
        equal("mac", CLIENT_MAC, found["mac"])
        equal("vlans", [], found["vlans"])

    def retransmission(self):
        sent = self.sensor.tshark(f"ip.dst=={DROP} && tcp.flags.syn==1", "tcp.seq_raw")
        if len(sent) < 2:
            raise Failed("the client did not send its SYN again, so this shows nothing")
        rows = [c for c in self.sensor.connections() if c["server"] == DROP]
        equal("connections to the silent server", 1, len(rows))

    def outcomes(self):
        found = collections.defaultdict(set)
        for c in self.sensor.connections():
            if c["client"] == CLIENT:
                outcome = c["outcome"]
                found[c["server"]].add("handshake" if outcome in HANDSHAKE else outcome)
        equal("outcomes", {ACCEPT: {"handshake"}, ACCEPT_TOO: {"handshake"}, DROP: {"unanswered"},
                           RESET: {"refused"}, CLOSED: {"refused"}, PROHIBIT: {"unreachable"}}, dict(found))

    def ipv6(self):
        offender_equals(self.sensor, CLIENT6, attempts=2, connected=1, destinations=2)

    def mail_server(self):
        if MAIL in self.sensor.offenders():
            raise Failed("the mail server is called an offender")
        rows = [c for c in self.sensor.connections(MAIL)]
        equal("its connections", [(ACCEPT, True, None)] * 2,
              [(c["server"], c["permitted"], c["offence"]) for c in rows])

    def says_status(self):
        status = self.live_status
        equal("running", True, status["running"])
        equal("interfaces", ["mon0"], [i["name"] for i in status["interfaces"]])
        interface = status["interfaces"][0]
        equal("both directions, drops", (True, 0), (interface["both_directions"], interface["dropped"]))
        equal("unclassified", 0, status["unclassified"]["connections"])
        equal("blind", [], status["blind"])
        equal("status --exit-code of a stopped monitor", 1, self.blind_exit())

    def blind_exit(self):
        done = subprocess.run([self.program, "status", "--config", self.sensor.config, "--record",
                               self.sensor.record, "--exit-code"], capture_output=True, check=False)
        return done.returncode

    def tests(self):
        yield "watch stops cleanly on SIGTERM", self.stops
        yield "attempts, connected, destinations, bytes and MAC are the client's", self.counts
        yield "a SYN sent again is the same attempt", self.retransmission
        yield "dropped is unanswered, reset is refused, ICMP is unreachable", self.outcomes
        yield "IPv6 is counted like IPv4", self.ipv6
        yield "the mail server's connections are recorded and no offence", self.mail_server
        yield "status tells of a healthy mirror, and of a stopped monitor", self.says_status


def three_and_one(net, sensor):
    """Three deliveries and one attempt on the silent server, then a clean stop."""
    knock = net.knock("client", DROP, 2.5)
    net.swaks("client", ACCEPT, 2)
    net.swaks("client", ACCEPT_TOO)
    net.swaks("mail", ACCEPT)
    knock.wait(timeout=30)
    net.children.remove(knock)
    sensor.await_attempts(CLIENT, 4)
    equal("exit status", 0, sensor.stop())


def tagged(net, program, name, outward, inward, tags, seen):
    tagger = net.tagger(outward, inward)
    try:
        sensor = Sensor(net, program, name).start()
        three_and_one(net, sensor)
    finally:
        net.end(tagger)
    if not sensor.tshark(seen, "frame.number"):
        raise Failed(f"the mirror carries no such tags: {seen}")
    found = offender_equals(sensor, CLIENT, attempts=4, connected=3, destinations=3)
    # The innermost tag is the host's VLAN; the record keeps them all.
    equal("vlans", [30], found["vlans"])
    equal("mac", CLIENT_MAC, found["mac"])
    with contextlib.closing(sqlite3.connect(sensor.record)) as database:
        rows = database.execute("SELECT DISTINCT vlan, vlan_tags FROM connection WHERE client = ?", (CLIENT,))
        equal("vlan and tags of its connections", [(30, tags)], rows.fetchall())
    if MAIL in sensor.offenders():
        raise Failed("the mail server is called an offender")


def copies(net, program):
    net.mirror("port1", "port3")
    sensor = Sensor(net, program, "copies").start()
    three_and_one(net, sensor)
    syns = sensor.tshark(f"ip.dst=={ACCEPT} && ip.src=={CLIENT} && tcp.flags.syn==1", "tcp.seq_raw")
    if len(syns) != 2 * len(set(syns)):
        raise Failed("the mirror does not carry each frame twice, so this shows nothing")
    offender_equals(sensor, CLIENT, attempts=4, connected=3, destinations=3)


def reload(net, program):
    net.mirror("port3")
    sensor = Sensor(net, program, "reload").start()
    net.swaks("mail", ACCEPT)
    sensor.configure(f'mail_servers = {{"{MAIL}"\nnonsense !\n')
    # Queries read the same file; they get the good one.
    broken, sensor.config = sensor.config, sensor.directory / "good.conf"
    sensor.configure(f'mail_servers = {{"{MAIL}"}}\n')
    sensor.child.send_signal(signal.SIGHUP)
    until("it says that the file is broken", lambda: "egress25.conf" in sensor.words.read_text(), 5)
    net.swaks("mail", ACCEPT)
    until("two connections", lambda: len(sensor.connections(MAIL)) >= 2)
    equal("offenders under the old policy", {}, sensor.offenders())
    broken.write_text('mail_servers = {"10.25.3.26"}\n')
    sensor.child.send_signal(signal.SIGHUP)
    time.sleep(1)
    net.swaks("mail", ACCEPT)
    until("three connections", lambda: len(sensor.connections(MAIL)) >= 3)
    # Judged when they began: two permitted, then one offence.
    equal("permitted", [False, True, True], [c["permitted"] for c in sensor.connections(MAIL)])
    # A shorter retention takes hold without a restart, of what was written before it too.
    broken.write_text('mail_servers = {"10.25.3.26"}\nretention {\n\tage = 2s\n}\n')
    sensor.child.send_signal(signal.SIGHUP)
    until("none is older than two seconds", lambda: sensor.connections(MAIL) == [])
    with contextlib.closing(sqlite3.connect(sensor.record)) as database:
        equal("connections that retention took", [(3,)],
              database.execute("SELECT rows FROM pruned WHERE what = 'connections'").fetchall())
    equal("exit status", 0, sensor.stop())


def killed(net, program):
    net.mirror("port3")
    sensor = Sensor(net, program, "killed").start()
    net.swaks("client", ACCEPT, 3)
    time.sleep(1.2)  # what is older than a second must survive
    sensor.stop(signal.SIGKILL)
    with contextlib.closing(sqlite3.connect(sensor.record)) as database:
        equal("integrity", [("ok",)], database.execute("PRAGMA integrity_check").fetchall())
    equal("running after kill -9", False, sensor.status()["running"])
    equal("attempts after kill -9", 3, sensor.offenders()[CLIENT]["attempts"])
    sensor.start(judge=False)
    net.swaks("client", ACCEPT_TOO, 2)
    sensor.await_attempts(CLIENT, 5)
    equal("attempts after a restart", 5, sensor.offenders()[CLIENT]["attempts"])
    equal("destinations after a restart", 2, sensor.offenders()[CLIENT]["destinations"])
    equal("exit status", 0, sensor.stop())


def second_monitor(net, program):
    net.mirror("port3")
    sensor = Sensor(net, program, "second").start()
    done = subprocess.run(net.command("sensor", program, "watch", "-i", "mon0", "--config", sensor.config,
                                      "--record", sensor.record), capture_output=True, check=False, timeout=30)
    equal("exit status of a second monitor of the record", 3, done.returncode)
    done = subprocess.run(net.command("sensor", program, "watch", "-i", "nosuch0", "--config", sensor.config,
                                      "--record", sensor.directory / "other.db"), capture_output=True,
                          check=False, timeout=30)
    equal("exit status without such an interface", 3, done.returncode)
    equal("lines that say why", 1, len(done.stderr.decode().strip().splitlines()))
    equal("exit status on SIGINT", 0, sensor.stop(signal.SIGINT))


def tests(net, program):
    plain = Plain(net, program)
    yield "watch sees mail pass through a NAT router's LAN port", plain.happen
    yield from plain.tests()
    yield "a mirror tagged in one direction only changes no count", lambda: tagged(
        net, program, "oneway", "8100:30", "none", "30", f"vlan.id==30 && ip.src=={CLIENT}")
    yield "a QinQ mirror changes no count", lambda: tagged(
        net, program, "qinq", "88a8:100,8100:30", "88a8:100,8100:30", "100.30",
        f"ieee8021ad.id==100 && vlan.id==30 && ip.src=={CLIENT}")
    yield "every frame twice changes no count", lambda: copies(net, program)
    yield "SIGHUP with a broken file keeps the old policy, with a good one takes it, and its retention", lambda: reload(net, program)
    yield "kill -9 loses nothing older than a second, and a restart goes on", lambda: killed(net, program)
    yield "a second monitor or a missing interface is one clear line", lambda: second_monitor(net, program)


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    return report(lambda net: tests(net, sys.argv[1]), network.why_not())


sys.exit(main())
