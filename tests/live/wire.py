"""The network of network.py with a wire of a given length, over which resets race."""
import json
import pathlib

import network
from network import MAIL
from sensor import Failed, Sensor, until

HERE = pathlib.Path(__file__).resolve().parent
SINK, SINK6 = "198.51.100.40", "2001:db8:25::40"
CONNECTIONS = 200


class Wire:
    """The network with a sink, a span port that takes frames, and a wire of a given length."""

    def __init__(self, net, program, delayline):
        self.net, self.program, self.delayline = net, program, delayline
        self.wire = None
        self.runs = 0

    def build(self):
        net = self.net
        switch = net.name("switch")
        network.run("ip", "-n", switch, "link", "set", "span0", "master", "br0")
        net.on("switch", "bridge", "link", "set", "dev", "span0", "learning", "off", "flood", "off",
               "mcast_flood", "off", "bcast_flood", "off")
        net.address("inet", "eth0", f"{SINK}/24", f"{SINK6}/64")
        for number, address in enumerate((SINK, SINK6)):
            ready = net.directory / f"sink{number}"
            net.start("inet", "python3", HERE / "spam.py", "sink", address, ready)
            until("the sink listens", ready.exists)
        # From the router's wan0 by way of the switch's namespace to the Internet.
        network.run("ip", "-n", net.name("router"), "link", "set", "wan0", "down")
        network.run("ip", "-n", net.name("router"), "link", "del", "wan0")
        net.link("router", "wan0", "sensor", "long0")
        net.link("inet", "eth0", "sensor", "long1")
        net.address("router", "wan0", "198.51.100.1/24", "2001:db8:25::1/64")
        net.address("inet", "eth0", f"{SINK}/24", f"{SINK6}/64")
        network.run("ip", "-n", net.name("inet"), "-6", "route", "add", "fd25:3::/64", "via", "2001:db8:25::1")
        for host, device in (("router", "wan0"), ("inet", "eth0"), ("client", "eth0")):
            net.on(host, "ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off", "tx", "off")

    def length(self, microseconds):
        """One way."""
        if self.wire:
            self.net.end(self.wire)
        ready = self.net.directory / "wire"
        self.wire = self.net.start("sensor", self.delayline, "long0", "long1", microseconds, ready)
        until("the wire is there", ready.exists)
        ready.unlink()
        until("the server is reached", lambda: self.send(1, 1, host="mail")["delivered"], 20)

    def sensor(self, *options):
        self.runs += 1
        sensor = Sensor(self.net, self.program, f"resets{self.runs}")
        sensor.configure(f'mail_servers = {{"{MAIL}"}}\n' + "\n".join(options) + "\n")
        return sensor.start(judge=False)

    def send(self, connections, rate, *more, host="client", to=SINK):
        done = self.net.on(host, "python3", HERE / "spam.py", "send", to, connections, rate, *more, timeout=120)
        return json.loads(done.stdout)

    def all_killed(self, found, connections=CONNECTIONS):
        if found["delivered"] or found["hung"] or found["refused"] + found["reset"] != connections:
            raise Failed(f"of {connections} connections: {found}")
