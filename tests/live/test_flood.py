#!/usr/bin/env python3
"""A flood of forged SYNs on the mirror, and a real bot in the middle of it: TAP.

usage: test_flood.py EGRESS25 FLOOD DELAYLINE [SECONDS [PER-SECOND [HOSTS]]]

In the suite 4 s at 15,000 a second, which a program with sanitizers bears; of the release build that
EGRESS25_RELEASE names, where it does, which has the rest of it written sooner.  By hand, with a release
build, 300,000 a second (0: as many as the machine can) for a minute or longer; it takes 15 s more,
and prints what it measured:

    meson setup build-release --buildtype=release && ninja -C build-release
    tests/live/test_flood.py build-release/src/commands/egress25 build-release/tests/live/flood \
        build-release/tests/live/delayline 60 300000

The judge is the bot itself: its own socket calls say how many connections and messages there were.
Frames that the kernel dropped for want of room are the exception: what was in them cannot be known, so
then the bot must be found, and the drops be told.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

import network
from network import CLIENT, MAIL
from sensor import Failed, Sensor, equal, report
from wire import HERE, SINK, Wire

PER_SECOND = 20  # of the bot's


class Flood:
    def __init__(self, net, program, flood, delayline, seconds, rate, hosts):
        self.net, self.program, self.flood = net, program, flood
        self.seconds, self.rate, self.hosts = seconds, rate, hosts
        self.wire = Wire(net, program, delayline)
        self.sensor = None

    def build(self):
        self.wire.build()
        self.wire.length(10000)
        self.net.mirror("port3")

    def storm(self, name, words=""):
        """Bot and flood at once; what the bot says, what was sent, and the status in the midst."""
        net = self.net
        self.sensor = sensor = Sensor(net, self.program, name)
        sensor.configure(f'mail_servers = {{"{MAIL}"}}\n{words}')
        sensor.start(judge=False)
        flood = net.start("switch", self.flood, "span0", self.seconds, self.rate, self.hosts,
                          stdout=subprocess.PIPE)
        time.sleep(0.5)
        bot = net.start("client", "python3", HERE / "spam.py", "send", SINK,
                        int((self.seconds - 1) * PER_SECOND), PER_SECOND, stdout=subprocess.PIPE)
        self.said = json.loads(flood.communicate(timeout=60)[0])
        # The record is behind by what the writer has to do.
        end = time.monotonic() + 25
        while not sensor.status()["attacks"] and time.monotonic() < end:
            time.sleep(0.2)
        self.midst = sensor.status()
        self.bot = json.loads(bot.communicate(timeout=60)[0])
        for child in (flood, bot):
            net.children.remove(child)
        self.memory = peak(sensor.child.pid)
        sensor.stop()
        self.status = sensor.status()
        self.dropped = sum(i["dropped"] for i in self.status["interfaces"])
        print(f"# flood: {self.said['sent']} SYNs, {self.said['per_second']} a second; dropped by the kernel:"
              f" {self.dropped}; memory at its peak: {self.memory >> 10} MiB; the bot: {self.bot}", flush=True)

    def found(self):
        found = self.sensor.offenders()
        if CLIENT not in found:
            raise Failed(f"the bot is not among {len(found)} offenders")
        return found[CLIENT]

    def exact(self):
        self.storm("exact")
        number = sum(self.bot.values())
        equal("the bot's own account", number, self.bot["delivered"])
        found = self.found()
        if self.dropped == 0:
            equal("attempts, connected, messages", [number] * 3,
                  [found[key] for key in ("attempts", "connected", "messages")])
        first = self.sensor.query("offenders", "--all")[0]
        equal("the first of the offenders", CLIENT, first["address"])

    def told(self):
        kinds = {a["kind"]: a for a in self.midst["attacks"]}
        print(f"# status: {[a['text'] for a in self.midst['attacks']]}", flush=True)
        if "syn flood" not in kinds:
            raise Failed(f"status tells of {sorted(kinds)}")
        if kinds["syn flood"]["peak"] * 2 < self.said["per_second"] * (1 - self.share()):
            raise Failed(f"of {self.said['per_second']} SYNs a second {kinds['syn flood']['peak']} were noticed")

    def share(self):
        """Of the frames that were dropped."""
        received = sum(i["received"] for i in self.status["interfaces"])
        return self.dropped / max(1, self.dropped + received)

    def drops(self):
        """All that was sent was received or dropped, and who lost frames says so."""
        received = sum(i["received"] for i in self.status["interfaces"])
        if received + self.dropped < self.said["sent"]:
            raise Failed(f"{self.said['sent']} sent, {received} received and {self.dropped} dropped")
        said = any("the kernel dropped" in reason for reason in self.status["blind"])
        equal("blind says that frames were dropped", self.share() >= 0.001, said)

    def bounded(self):
        hosts = len(self.sensor.offenders())
        received = sum(i["received"] for i in self.status["interfaces"])
        untold = self.status["lost"].get("attempts of hosts beyond those told apart, never answered", 0)
        if received < 12000:
            raise Failed(f"only {received} frames were taken, so this shows nothing")
        if hosts > 9500:
            raise Failed(f"{hosts} offenders of {self.said['sent']} forged sources")
        if untold < received - 12000 - 40 * sum(self.bot.values()):  # of which the bot had its own
            raise Failed(f"of {received} frames {untold} were counted without a host: {self.status['lost']}")
        size = sum(f.stat().st_size for f in self.sensor.directory.glob("record.db*"))
        print(f"# record: {size >> 10} KiB, {hosts} offenders", flush=True)
        if size > 64 << 20:
            raise Failed(f"the record takes {size} bytes")

    def resets(self):
        """Its limit is reached by the flood alone, yet what is proven has a quarter for itself."""
        self.storm("resets", 'reset = on\nreset_limit = 2000\n')
        if self.status["resets"]["limited"] == 0:
            raise Failed("the limit was never reached, so this shows nothing")
        if self.dropped == 0:
            equal("delivered", 0, self.bot["delivered"])
        elif self.bot["delivered"] * 4 > sum(self.bot.values()):
            raise Failed(f"the bot: {self.bot}")

    def tests(self):
        yield "the network has a sink outside, 20 ms away", self.build
        yield "a bot is found with its exact numbers, and first, amidst forged SYNs", self.exact
        yield "status tells of the flood while it lasts", self.told
        yield "what the kernel dropped is counted, and told", self.drops
        yield "forged sources fill neither the list nor the record", self.bounded
        yield "resets still reach the bot", self.resets


def peak(pid):
    """KiB of memory at most."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def main():
    given = [float(word) for word in sys.argv[4:]]
    given += [4, 15000, 1 << 23][len(given):]
    program = sys.argv[1] if len(sys.argv) > 4 else os.environ.get("EGRESS25_RELEASE", sys.argv[1])
    return report(lambda net: Flood(net, program, *sys.argv[2:4], given[0], int(given[1]), int(given[2])).tests(),
                  network.why_not())


sys.exit(main())
